"""What tells runs apart: the condition, a folder below `runs/`, and the block of seeds, a file in it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from goodinit.model.variants import PLAIN

SPLIT = "-split-"  # between the name of a dataset and the number of another split of it


class Condition(NamedTuple):
    """All that tells one training run from another but for the seed."""

    dataset: str
    scaling: str
    init: str
    peak: float
    variant: str = PLAIN

    @classmethod
    def parse(cls, path: str) -> "Condition":
        """The condition whose path below `runs/` this is. Raises ValueError for anything else."""
        dataset, scaling, init, peak, variant = path.split("/")
        return cls(dataset, scaling, init, float(peak.removeprefix("peak-")), variant)

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> "Condition":
        """The condition in the attributes of a run file, or in the values of wildcards."""
        return cls(*(attributes[name] for name in cls._fields))._replace(peak=float(attributes["peak"]))

    def __str__(self) -> str:
        """The path below `runs/`."""
        return f"{self.dataset}/{self.scaling}/{self.init}/peak-{self.peak:g}/{self.variant}"


def family(dataset: str) -> str:
    """The dataset that this is another split of; of any other its own name."""
    return dataset.partition(SPLIT)[0]


def spell_blocks(first: int, seeds: int, size: int) -> Iterator[str]:
    """Blocks of `size` seeds from the seed `first` on, as file names spell them, "0-9", "10-19", …: as many as hold
    `seeds`, all full."""
    return (f"{start}-{start + size - 1}" for start in range(first, first + seeds, size))


def seeds_in(block: str) -> list[int]:
    """The seeds of a block as file names spell it: "0-9" is 0, 1, … 9."""
    first, last = map(int, block.split("-"))
    return list(range(first, last + 1))
