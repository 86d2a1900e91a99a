from pathlib import Path

import pandas as pd
import torch

from goodinit import files
from goodinit.places import Input, Output, Threads
from goodinit.runs.nets import read_nets
from goodinit.tables.pruning import tabulate_pruning
from goodinit.training.evaluation import choose_device, load_data


def prune(data: Input[Path], runs: Input[list[Path]], threads: Threads, output: Output[Path]) -> None:
    """Prune the weights of run files at four stages."""
    torch.set_num_threads(threads)
    loaded = load_data(data, choose_device("cpu"))
    files.write_csv(output, pd.concat([tabulate_pruning(nets, loaded) for nets in read_nets(runs).values()]))
