"""What a study cost, as Snakemake measured its jobs and as the jobs themselves did."""

from pathlib import Path

from goodinit.report.account import describe_run

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write_job(results: Path, place: str, seconds: float, memory: str, log: str) -> None:
    for folder, suffix, content in [
        ("benchmarks", "tsv", f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t0\t0\n"),
        ("logs", "log", log),
    ]:
        path = results / folder / f"{place}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_the_memory_of_a_job_is_what_it_said_itself_where_it_was_a_fork(tmp_path: Path) -> None:
    write_job(tmp_path, "train/a/seeds-0-1", 2.5, "10.5", "a  100 %\npeak memory: 381 MB\n")
    write_job(tmp_path, "train/a/seeds-2-3", 1.5, "-", "")
    write_job(tmp_path, "report", 4.0, "61.2", "This is pdfTeX\n")
    assert describe_run(tmp_path / "benchmarks", tmp_path, "cpu")["rules"] == {
        "report": {"jobs": 1, "wall_s": 4.0, "peak_memory_mb": 61.2},
        "train": {"jobs": 2, "wall_s": 4.0, "peak_memory_mb": 381.0},
    }
