from pathlib import Path

import pandas as pd

from goodinit import files
from goodinit.claims.evidence import Evidence
from goodinit.claims.forest import place_verdicts
from goodinit.claims.judging import judge_claims, judge_others
from goodinit.places import Input, Output, Param
from goodinit.runs.nets import read_nets


def judge(
    runs: Input[list[Path]],
    dataset: Param[str],
    scaling: Param[str],
    control: Param[str],
    compared: Param[list[str]],
    peaks: Param[list[float]],
    shapes: Input[Path],
    calibration: Input[Path],
    pruning: Input[Path | None],
    claims: Output[Path],
    others: Output[Path],
    verdicts: Output[Path],
) -> None:
    """Give every claim its verdict, on the main dataset and on others.

    compared: datasets with scalings, "fars/standardize": those of them that there are runs of are judged.
    """
    made = {"shapes": shapes, "calibration": calibration, "pruning": pruning}
    tables = {name: pd.read_csv(path) for name, path in made.items() if path is not None}
    evidence = Evidence(read_nets(runs), dataset, scaling, control, peaks, tables)
    judged = judge_claims(evidence)
    files.write_csv(claims, judged)
    files.write_csv(verdicts, place_verdicts(judged))
    files.write_csv(others, judge_others(evidence, compared))
