import json
from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output
from goodinit.report import proofreading


def proofread(sections: Input[list[Path]], numbers: Input[Path], output: Output[Path]) -> None:
    """Find numbers typed by hand, and list the keys that the text does not cite."""
    unused = proofreading.proofread(sections, set(json.loads(numbers.read_text())))
    files.write_whole(output, "".join(f"{key}\n" for key in unused).encode())
