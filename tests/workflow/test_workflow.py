"""The workflow on real, small runs: what a change reruns, and what a verb's result depends on."""

import contextlib
import json
import os
import pty
import re
import shlex
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import xarray as xr
from project import Project, wait_until

from goodinit import declarations
from goodinit.claims import CLAIMS
from goodinit.study.figures import FIGURES

CONDITIONS = 6  # of the main study, in two blocks of seeds
STABILITY = 3  # conditions of the stability study in two blocks that the main study has not
BUDGET = 1  # in two blocks too
# in one block: data; stability's quantile and control; initializers; overfitting; depth; remedies; suite
OTHERS = 6 + 6 + 1 + 1 + 4 + 1 + 7
DRAWN = {"account": 1, "report": 1, "explore": 1, "all": 1}  # what follows a new figure
RUN_FILES = 2 * (CONDITIONS + STABILITY + BUDGET) + OTHERS
RUN = Path("results/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-2-3.nc")


def test_everything_asked_for_is_there(finished: Project) -> None:
    results = finished.folder / "results"
    assert (results / "report.pdf").read_bytes().startswith(b"%PDF")
    figures = sorted((results / "figures").glob("*.svg"))
    assert len(figures) == len(FIGURES)
    for figure in figures:
        assert figure.stat().st_size > 5000
        assert len(pd.read_csv(results / f"tables/{figure.stem}.csv")) > 2
    escape = pd.read_csv(results / "tables/escape.csv")
    assert list(escape)[:10] == [
        *["dataset", "scaling", "init", "peak", "variant", "seed"],
        *["escape_step", "diverged_step", "outcome", "plateau_steps"],
    ]
    assert "final_loss_over_h" in escape
    assert len(escape) == 4 * CONDITIONS
    assert set(escape["outcome"]) <= {"trained", "stuck", "collapsed", "diverged"}


def test_every_claim_has_a_verdict(finished: Project) -> None:
    claims = pd.read_csv(finished.folder / "results/claims.csv")
    whole = claims[claims["part"] == "all"]
    assert whole["claim"].tolist() == list(CLAIMS)
    assert set(whole["verdict"]) <= {"supported", "refuted", "depends", "undecided", "untestable"}
    others = pd.read_csv(finished.folder / "results/claims-by-dataset.csv")
    assert list(others) == ["dataset", "scaling", *claims]
    assert set(zip(others["dataset"], others["scaling"], strict=True)) == {
        ("lahman", "quantile"),
        ("satimage", "standardize"),
        ("satimage", "heavy"),
    }


def test_a_study_switched_off_takes_its_figure_along_and_trains_nothing(built: Project) -> None:
    built.replace("config/test.yaml", "stability: {", "stability: {enabled: false, ")
    planned = built.planned()
    assert "train" not in planned
    assert planned.pop("tabulate") == 2, "what is foretold and the sweep of peaks, which show its runs too"
    assert planned.pop("draw") == 2, "that, and the verdicts"
    assert set(planned) == {"judge", "account", "cite", "proofread", "report", "explore", "all"}


def test_with_the_main_study_alone_the_report_refers_to_nothing_that_is_not_there(built: Project) -> None:
    for study in ("data", "stability", "initializers", "budget", "depth", "remedies", "overfitting", "suite"):
        built.replace("config/test.yaml", f"{study}: {{", f"{study}: {{enabled: false, ")
    built.snakemake("results/report.html")
    page = (built.folder / "results/report.html").read_text()
    assert set(re.findall('id="study-([a-z]+)"', page)) == {"main"}
    log = (built.folder / "results/tex/build/main.log").read_text(errors="replace").replace("\n", "")
    assert "Output written on" in log
    assert "undefined" not in log


def test_a_commit_reruns_nothing_and_full_provenance_has_its_page(built: Project) -> None:
    for words in ("init --quiet", "add paper src workflow", "-c user.name=a -c user.email=a@b commit --quiet -m first"):
        assert built.command("git", *words.split()).returncode == 0
    assert built.planned() == {}
    read = built.folder / "results/tex/build/main.fls"  # the files that TeX read
    assert "tex/account.tex" not in read.read_text()
    built.replace("config/test.yaml", "draft: true", "draft: true\nprovenance: full")
    (built.folder / "results/provenance.json").unlink()  # of a build before there was a repository
    built.snakemake()
    assert "tex/account.tex" in read.read_text()
    account = (built.folder / "results/tex/account.tex").read_text()
    assert re.search(r"Commit \\texttt\{[0-9a-f]{40}\}", account)
    assert r"\texttt{train} & " in account


def test_each_study_is_a_target(built: Project) -> None:
    (built.folder / "results/figures/stability.pdf").unlink()
    assert built.planned("stability") == {"draw": 1, "stability": 1}
    for study in ("main", "data", "initializers", "overfitting"):
        assert built.planned(study) in ({study: 1}, {})


def test_prepared_data_keep_their_contract(finished: Project) -> None:
    with np.load(finished.folder / "results/data/lahman/standardize.npz", allow_pickle=False) as data:
        assert data["x_train"].shape == (1200, 24)
        assert data["x_train"].dtype == np.float32
        assert data["y_train"].dtype == np.int64
        assert data["class_names"].tolist() == ["P", "C", "1B", "2B", "3B", "SS", "OF"]
        assert len(data["feature_names"]) == 24
        np.testing.assert_allclose(data["x_train"].mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(data["x_train"].std(0), 1, atol=1e-5)
        assert sum(len(data[f"y_{part}"]) for part in ("train", "valid", "test")) <= 87_855
    card = json.loads((finished.folder / "results/data/lahman/card.json").read_text())
    assert card["rows"]["train"] == 1200
    assert set(card["raw_sha256"]) == {"Fielding.csv", "Batting.csv"}


def test_run_files_keep_their_contract(finished: Project) -> None:
    with xr.open_dataset(finished.folder / RUN) as run:
        assert run["seed"].values.tolist() == [2, 3]
        assert run["site"].values.tolist() == ["linear", "relu", "output"]
        assert dict(run.sizes) | {"parameter": 0} == {
            "valid_batch": 1,
            "seed": 2, "step": 92, "evaluation": 3, "checkpoint": 16, "window": 2, "layer": 3, "site": 3, "bin": 40,
            "parameter": 0,
        }  # fmt: skip
        for name in ("activation_mean", "activation_std", "min_bin_share", "zero_share", "activation_overflow"):
            assert run[name].dims == ("seed", "step", "layer", "site")
        assert run["loss"].attrs["units"] == "nat"
        assert (run["activation_histogram"].sum("bin") + run["activation_overflow"].sum("step") > 0).all()
        np.testing.assert_allclose(run["activation_std"].sel(site="output").isel(step=0), 1, atol=1e-3)
        expected = {
            "dataset": "lahman",
            "scaling": "standardize",
            "init": "lsuv",
            "peak": 0.2,
            "variant": "none",
        }
        assert {name: run.attrs[name] for name in expected} == expected
        assert len(run.attrs["code_sha256"]) == len(run.attrs["data_sha256"]) == len(run.attrs["config_sha256"]) == 64
        assert run.attrs["torch_version"]


def test_nothing_to_do_after_a_run_nor_after_a_touch(built: Project) -> None:
    assert built.planned() == {}
    for module in (built.folder / "src/goodinit").rglob("*.py"):
        os.utime(module)
    assert built.planned() == {}


def test_an_edit_in_plotting_redraws_and_never_retrains(built: Project) -> None:
    built.replace("src/goodinit/report/plotting.py", "TEXT_WIDTH = 6.3", "TEXT_WIDTH = 6.2")
    assert built.planned() == {"draw": len(FIGURES)} | DRAWN
    built.snakemake("results/figures/plateau.pdf")
    assert built.planned() == {"draw": len(FIGURES) - 1} | DRAWN


def test_an_edit_in_training_retrains(built: Project) -> None:
    built.replace("src/goodinit/model/schedule.py", "WARMUP_SHARE = 0.003, 0.002", "WARMUP_SHARE = 0.003, 0.001")
    assert built.planned()["train"] == RUN_FILES


def test_an_edit_in_one_notebook_redraws_one_figure(built: Project) -> None:
    built.replace("workflow/notebooks/min-bin.py", "height=3.2", "height=3.3")
    assert built.planned() == {"draw": 1} | DRAWN


def test_more_seeds_are_one_more_block_per_condition(built: Project) -> None:
    built.replace("config/test.yaml", "seeds: 4", "seeds: 6")
    planned = built.planned()
    assert planned["train"] == CONDITIONS + STABILITY + BUDGET
    assert "prepare" not in planned
    assert planned["draw"] == len(FIGURES) - 5, "all but data-shape, overfitting, phase, remedies and suite"


def test_a_new_peak_trains_that_peak_only(built: Project) -> None:
    built.replace("config/test.yaml", "seeds: 4", "seeds: 4\npeaks: [0.2, 0.6, 0.4]")
    assert built.planned()["train"] == 2 * 3 + 3, "of the main study in two blocks, of the suite's control in one"


def test_a_deleted_figure_comes_back_alone(built: Project) -> None:
    (built.folder / "results/figures/plateau.pdf").unlink()
    assert built.planned() == {"draw": 1} | DRAWN
    built.snakemake()
    assert built.planned() == {}


def test_one_figure_from_nothing_runs_what_it_needs(small: str, tmp_path: Path) -> None:
    project = Project.make(tmp_path, small)
    project.snakemake("results/figures/min-bin.pdf")
    made = {
        str(path.relative_to(tmp_path / "results")) for path in (tmp_path / "results").rglob("*.*") if path.is_file()
    }
    made = {path for path in made if not path.startswith("logs/")}
    assert {path for path in made if path.startswith("figures/")} == {"figures/min-bin.pdf", "figures/min-bin.svg"}
    assert {path for path in made if path.startswith("tables/")} == {"tables/min-bin.csv"}
    runs = [path for path in made if path.startswith("runs/")]
    assert len(runs) == 2 * 3
    assert all("/peak-0.2/" in path for path in runs)
    assert not any(path.startswith("tex/") or path.endswith("card.json") for path in made)


BY_HAND = {"choose_runs", "verify", "refer", "diagnose", "status", "unlock", "kernel"}  # no rule runs them
# they read the words and pass them on; no result depends on them
COMMAND_LINE = {"__init__.py", "__main__.py", "declarations.py", "forkserver.py"}


def test_verbs_load_what_their_rules_declare(built: Project) -> None:
    """Runs the command of one job per rule again and compares the modules then loaded with the rule's inputs."""
    jobs = {row["rule"]: row for row in built.detailed_summary() if "python -m goodinit" in row["shellcmd"]}
    assert jobs.keys() == declarations.verbs().keys() - BY_HAND
    for job, loaded in zip(jobs.values(), built.run_jobs(job["shellcmd"] for job in jobs.values()), strict=True):
        inputs = job["input-file(s)"].split(",")
        declared = {path.removeprefix("src/goodinit/") for path in inputs if path.startswith("src/goodinit/")}
        assert loaded - COMMAND_LINE == declared - COMMAND_LINE, job["rule"]
    assert built.planned() == {}, "a command run again by hand gives the same bytes"


def test_a_failing_job_shows_its_log_and_the_command_that_repeats_it(built: Project) -> None:
    (built.folder / "one-class.csv").write_text("a,label\n" + "1,x\n2,x\n" * 50)
    run = built.command(
        "snakemake", "--cores", "1", "results/own-table/data/table/standardize.npz", "--configfile", "config/test.yaml",
        "--config", "table=one-class.csv", "target=label",
    )  # fmt: skip
    assert run.returncode == 1
    output = run.stdout + run.stderr
    assert "goodinit prepare: target 'label' has one class, 'x': nothing to learn" in output
    assert "python -m goodinit prepare --raw results/own-table/raw/table/table.csv" in output
    assert built.planned() == {}, "the results of before are still whole"


def test_logs_tell_how_far_a_job_is(finished: Project) -> None:
    log = (finished.folder / "results/logs/train/lahman/standardize/lsuv/peak-0.2/none/seeds-2-3.log").read_text()
    assert log.startswith("lsuv peak 0.2 seeds 2-3   50 %  step 46/92  loss ")
    assert "steps/s" in log
    assert " s left" in log
    assert "100 %" in log
    assert re.search(r"^peak memory: \d+ MB$", log, re.MULTILINE), "a fork tells what it took"


def test_a_terminal_shows_a_live_bar(built: Project) -> None:
    """The command of a training job by hand, with a terminal for standard error."""
    row = next(row for row in built.detailed_summary() if row["rule"] == "train")
    words = shlex.split(row["shellcmd"].split(" 2> ")[0])
    words = words[words.index("python") + 1 :]
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    environment = os.environ | {"PYTHONPATH": str(built.folder / "src")}
    run = subprocess.Popen([sys.executable, *words], cwd=built.folder, env=environment, stderr=theirs)
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # raised when the other side closes
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    assert run.wait() == 0
    assert b"100%|" in seen
    assert b"92/92" in seen
    assert b"loss=" in seen


def test_jobs_of_a_killed_workflow_stop_and_nothing_half_written_is_taken(small: str, tmp_path: Path) -> None:
    project = Project.make(tmp_path, small.replace("steps: 92", "steps: 50000"))
    words = ["snakemake", str(RUN), "--cores", "2", "--configfile", "config/test.yaml"]
    workflow = subprocess.Popen(
        words, cwd=tmp_path, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    logs = tmp_path / "results/logs/train"
    wait_until(lambda: any(log.stat().st_size for log in logs.rglob("*.log")), 120)
    children = [child.cmdline() for child in psutil.Process(workflow.pid).children()]
    loaded = [words[3:] for words in children if "serve" in str(words)]
    assert loaded == [["pandas", "h5netcdf", "numba", "torch"]], "what preparing and training import"
    workflow.kill()
    workflow.wait()
    wait_until(
        lambda: any("the workflow that started this job is gone" in log.read_text() for log in logs.rglob("*.log")), 60
    )
    assert not list((tmp_path / "results").rglob("*.nc"))
    assert not list((tmp_path / "results").rglob("*.partial"))
    project.snakemake("--unlock")
    assert project.planned()["train"] == RUN_FILES
