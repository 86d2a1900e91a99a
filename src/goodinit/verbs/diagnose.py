import shutil
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory

from goodinit.diagnosis import answer, findings, sample, trials
from goodinit.places import Operand


def diagnose(table: Operand[Path], target: Operand[str]) -> None:
    """Say in eleven lines whether PyTorch's default init is a problem for deep MLPs on a table of your own.

    table: a CSV with a header, or a Parquet file; target: its column of class labels.
    """
    with TemporaryDirectory() as folder:
        prepared, runs = Path(folder, "standardize.npz"), Path(folder, "runs")
        taken = sample.take_sample(table, target, prepared)
        found = findings.measure(trials.run_trials(prepared, taken.parts["train"], runs))
    width = shutil.get_terminal_size().columns
    wrapper = textwrap.TextWrapper(width, subsequent_indent=" " * 11, break_on_hyphens=False)
    told = answer.tell(found, taken, str(table))
    print("\n".join(wrapper.fill(f"{heading:11}{sentence}") for heading, sentence in told))
