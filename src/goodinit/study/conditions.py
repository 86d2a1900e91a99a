"""Which nets are trained: each study of the config as conditions and numbers of seeds; shared ones are trained once."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from goodinit.model.variants import read_variant
from goodinit.runs.condition import SPLIT, Condition, seeds_in, spell_blocks
from goodinit.runs.record import RECORDS
from goodinit.study.jobs import Training

Config = Mapping[str, Any]


Asked = dict[Condition, int]
Study = Callable[[Config], Asked]
STUDIES: dict[str, Study] = {}


def study(function: Study) -> Study:
    """Register a study under its function's name: which conditions it asks for, and how many seeds of each."""
    STUDIES[function.__name__] = function
    return function


@study
def main(config: Config) -> Asked:
    """The main dataset, standardized, under every initializer of the config at every main peak."""
    return _cross([(main_dataset(config), "standardize")], config["initializers"], config["peaks"], config["seeds"])


@study
def data(config: Config) -> Asked:
    """Other tables, standardized; the main one with its tails taken off; the control with tails put on."""
    others = [(name, "standardize") for name in config["studies"]["data"]["datasets"] if name != main_dataset(config)]
    rescaled = [(main_dataset(config), "quantile"), (config["control"], "heavy")]
    return _cross([*others, *rescaled], config["initializers"], config["peaks"][:1], _seeds(config, "data"))


@study
def stability(config: Config) -> Asked:
    """Many peaks. All seeds of the main dataset, so that a peak chosen on one half can be reported on the other; with
    as many seeds as the study says, if it says any, the main dataset without its tails, and lsuv on the control without
    and with tails."""
    peaks, inits, seeds = config["studies"]["stability"]["peaks"], config["initializers"], _seeds(config, "stability")
    lsuv = [init for init in inits if init == "lsuv"]
    asked = {
        **_cross([(config["control"], "standardize"), (config["control"], "heavy")], lsuv, peaks, seeds),
        **_cross([(main_dataset(config), "quantile")], inits, peaks, seeds),
        **_cross([(main_dataset(config), "standardize")], inits, peaks, config["seeds"]),
    }
    return {condition: count for condition, count in asked.items() if count}


@study
def initializers(config: Config) -> Asked:
    """Every initializer there is, at the main peak."""
    inits = config["studies"]["initializers"]["initializers"]
    return _cross([(main_dataset(config), "standardize")], inits, config["peaks"][:1], _seeds(config, "initializers"))


@study
def overfitting(config: Config) -> Asked:
    """What tames the initializer that fits best."""
    of_study = config["studies"]["overfitting"]
    plain = Condition(main_dataset(config), "standardize", of_study["init"], config["peaks"][0])
    return {plain._replace(variant=name): _seeds(config, "overfitting") for name in of_study["variants"]}


@study
def budget(config: Config) -> Asked:
    """The default at the main peak with more steps: do those get out that had been stuck?"""
    plain = Condition(main_dataset(config), "standardize", "default", config["peaks"][0])
    return {plain._replace(variant=f"longer-{config['studies']['budget']['longer']}"): config["seeds"]}


@study
def depth(config: Config) -> Asked:
    """Kaiming's init in nets of several depths with all layers too small, or too large, and with the first few too
    small: at the plain depth, and with the smallest gain at every depth."""
    of_study, layers = config["studies"]["depth"], config["hidden_layers"]
    gains, few, depths = of_study["gains"], of_study["small_layers"], of_study["depths"]
    small = sorted(gain for gain in gains if gain < 1)
    shapes = [
        *[(gain, depth, depth) for gain in gains for depth in dict.fromkeys([layers, *depths])],
        *[(gain, first, layers) for gain in small for first in few if first < layers],
        *[(gain, first, depth) for gain in small[:1] for first in few for depth in depths if first < depth],
    ]
    plain = Condition(main_dataset(config), "standardize", "kaiming-relu", of_study["peak"])
    return {plain._replace(variant=_scale(*shape, layers)): _seeds(config, "depth") for shape in shapes}


def _scale(gain: float, first: int, depth: int, layers: int) -> str:
    """The variant with the first layers scaled; `layers`: the depth of a plain net."""
    scaled = f"gain-{gain:g}" if first == depth else f"gain-{gain:g}-in-{first}"
    return scaled if depth == layers else f"{scaled}+depth-{depth}"


@study
def remedies(config: Config) -> Asked:
    """Today's optimizers, normalizations, residual connections and activations, each at peaks of its own."""
    of_study, plain = config["studies"]["remedies"], Condition(main_dataset(config), "standardize", "default", 1.0)
    return {
        plain._replace(init=init, peak=peak, variant=variant): _seeds(config, "remedies")
        for variants in of_study["variants"]
        for variant, peaks in variants.items()
        for peak in peaks
        for init in of_study["initializers"]
    }


@study
def chaos(config: Config) -> Asked:
    """The main study once more from parameters that differ in their last bit: which outcomes turn?"""
    return {condition._replace(variant="nudged"): seeds for condition, seeds in main(config).items()}


@study
def suite(config: Config) -> Asked:
    """A population of tables. The reference alone, at the main peak, on other splits of the main one, and on the suite
    and the main one under other scalings."""
    inits, peaks, seeds = config["initializers"], config["peaks"], _seeds(config, "suite")
    rescaled = [main_dataset(config), *config["studies"]["suite"]["datasets"]]
    varied = [(name, "standardize") for name in splits(config)]
    varied += [(name, scaling) for name in rescaled for scaling in ("quantile", "robust-clip")]
    return {
        **_cross([(name, "standardize") for name in population(config)], inits, peaks, seeds),
        **_cross(varied, inits[:1], peaks[:1], seeds),
    }


def _cross(prepared: Iterable[tuple[str, str]], inits: list[str], peaks: list[float], seeds: int) -> Asked:
    return {
        Condition(dataset, scaling, init, peak): seeds
        for dataset, scaling in prepared
        for peak in peaks
        for init in inits
    }


def _seeds(config: Config, study: str) -> int:
    return int(min(config["studies"][study]["seeds"], config["seeds"]))


class Recording(NamedTuple):
    """How closely a condition is watched: the level of RECORDS, and the steps between two evaluations."""

    record: str
    evaluate_every: int


def recordings(config: Config) -> dict[Condition, Recording]:
    """The closest that any study of the config watches a condition, enabled or not, so that switching a study off
    trains nothing again."""
    closest: dict[Condition, Recording] = {}
    for name, asked in STUDIES.items():
        own = Recording(config["studies"][name]["record"], config["studies"][name]["evaluate_every"])
        for condition in asked(config):
            other = closest.get(condition, own)
            closest[condition] = Recording(
                max(own.record, other.record, key=RECORDS.index), min(own.evaluate_every, other.evaluate_every)
            )
    return closest


def blocks(config: Config, studies: Iterable[str]) -> dict[Condition, list[str]]:
    """What the enabled ones of some studies train: the blocks of seeds of each condition, always full, as file names
    spell them, "0-9", "10-19", … A condition of which no study, enabled or not, asks for as much as a block has one of
    the seeds asked for: the same whichever studies are asked about, so that none is trained twice."""
    enabled = [name for name in studies if config["studies"][name]["enabled"]]
    start, size, most = config["first_seed"], config["seed_block"], _most(config, STUDIES)
    return {
        condition: list(spell_blocks(start, seeds, min(size, most[condition])))
        for condition, seeds in _most(config, enabled).items()
    }


def trainings(config: Config) -> dict[Condition, tuple[Training, int]]:
    """The sizes of a job of each condition that is trained, as far as the config tells, and how many jobs there are."""
    closely = recordings(config)
    return {
        condition: (_training(config, condition, closely[condition], len(seeds_in(spelled[0]))), len(spelled))
        for condition, spelled in blocks(config, STUDIES).items()
    }


def _training(config: Config, condition: Condition, recording: Recording, nets: int) -> Training:
    variant = read_variant(condition.variant)
    return Training(
        nets, config["steps"] * variant.longer, config["batch_size"], variant.depth or config["hidden_layers"],
        config["width"], recording.evaluate_every, recording.record,
    )  # fmt: skip


def _most(config: Config, studies: Iterable[str]) -> Asked:
    """The most seeds that any of some studies asks for."""
    asked: Asked = {}
    for name in studies:
        for condition, seeds in STUDIES[name](config).items():
            asked[condition] = max(seeds, asked.get(condition, 0))
    return asked


def prepared(config: Config) -> list[tuple[str, str]]:
    """Datasets with scalings whose features LSUV is calibrated on: the main one; where the study `data` is enabled it
    and the control in every scaling, so that tails differ and nothing else, and the other tables."""
    if not config["studies"]["data"]["enabled"]:
        return [(main_dataset(config), "standardize")]
    both = dict.fromkeys([main_dataset(config), config["control"]])
    others = [name for name in config["studies"]["data"]["datasets"] if name not in both]
    scaled = [(name, scaling) for name in both for scaling in ("standardize", "quantile", "heavy")]
    return scaled + [(name, "standardize") for name in others]


def measured(config: Config) -> list[tuple[str, str]]:
    """Those whose features are measured: all of these, and the suite where it is enabled."""
    own = population(config) if config["studies"]["suite"]["enabled"] else []
    return list(dict.fromkeys([*prepared(config), *((name, "standardize") for name in own)]))


def population(config: Config) -> list[str]:
    """The tables of all studies, each once."""
    studies = config["studies"]
    own = [main_dataset(config), config["control"]]
    return list(dict.fromkeys([*own, *studies["data"]["datasets"], *studies["suite"]["datasets"]]))


def splits(config: Config) -> dict[str, int]:
    """The names of the other splits of the main dataset, and their numbers."""
    return {f"{main_dataset(config)}{SPLIT}{k}": k for k in range(1, config["studies"]["suite"]["splits"] + 1)}


def main_dataset(config: Config) -> str:
    """The dataset of the main study: the user's `table` where there is one."""
    return "table" if config["table"] else str(config["main_dataset"])


def datasets(config: Config) -> dict[str, Any]:
    """The datasets of the config by name; the user's `table`, `target` and `group` make one called "table". Those that
    are another `split` of the main one have its number."""
    known = dict(config["datasets"])
    if config["table"]:
        path = str(config["table"])
        own = {"reader": "csv", "origin": f"{Path(path).name}, given by the user", "raw": {"table.csv": {"path": path}}}
        known["table"] = own | {key: config[key] for key in ("target", "group")}
    main = known[main_dataset(config)]
    return known | {name: main | {"split": number} for name, number in splits(config).items()}
