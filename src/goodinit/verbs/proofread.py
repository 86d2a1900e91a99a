import json
from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output
from goodinit.report import proofreading


def proofread(text: Input[list[Path]], numbers: Input[Path], unused: Output[Path], turned: Output[Path]) -> None:
    """Find numbers typed by hand and sentences that results no longer bear out, which a draft marks, and list the keys
    that the text does not cite."""
    values = {key: number["value"] for key, number in json.loads(numbers.read_text()).items()}
    uncited, no_longer = proofreading.proofread(text, values)
    if not values["draft"]:
        proofreading.require_unturned(no_longer)
    files.write_whole(turned, proofreading.write_turned(no_longer))
    files.write_whole(unused, "".join(f"{key}\n" for key in uncited).encode())
