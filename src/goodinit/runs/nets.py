"""The nets of a condition, read from its run files: the only reader of these files."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from goodinit import GoodinitError
from goodinit.arrays import Array, Flags, Integers
from goodinit.model.schedule import learning_rates
from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.runs.file import COORDINATES
from goodinit.runs.null_net import charge_diverged, score_of

KEPT = 2  # arrays of so many dimensions are read once: those by layer too would not all go into memory


class NotRecordedError(Exception):
    """The runs do not hold what was asked for; the message says what."""


@dataclass(frozen=True)
class Run:
    """A finished run. attributes: of its file; variables: their names; read: one of them, with its coordinates."""

    attributes: Mapping[str, Any]
    variables: Collection[str]
    read: Callable[[str], xr.DataArray]


class Nets:
    """All nets of one condition in the order of their seeds, from its run files."""

    def __init__(self, runs: list[Run]) -> None:
        self._runs = runs
        self._seeds: Integers | None = None  # all
        self._read: dict[str, xr.DataArray] = {}

    def __getitem__(self, name: str) -> xr.DataArray:
        """A variable of `goodinit.runs.file.VARIABLES`, seeds in order. Raises NotRecordedError."""
        array = self._read[name] if name in self._read else self._read_all(name)
        return array.sel(seed=self._seeds) if self._seeds is not None and "seed" in array.dims else array

    def _read_all(self, name: str) -> xr.DataArray:
        if name not in self:
            raise NotRecordedError(f"{name} was not recorded")
        array = self._runs[0].read(name)
        if "seed" in array.dims:
            array = xr.concat([array, *(run.read(name) for run in self._runs[1:])], "seed").sortby("seed")
        if array.ndim <= KEPT:
            self._read[name] = array
        return array

    def __contains__(self, name: str) -> bool:
        """Whether a variable was recorded."""
        return name in self._runs[0].variables

    @property
    def condition(self) -> Condition:
        """What these nets have in common."""
        return Condition.of(self._runs[0].attributes)

    def attribute(self, name: str) -> Any:
        """An attribute of the run files."""
        return self._runs[0].attributes[name]

    def only(self, seeds: Integers) -> "Nets":
        """The nets of some seeds; what has been read is shared."""
        some = Nets(self._runs)
        some._seeds, some._read = seeds, self._read
        return some

    @cached_property
    def seeds(self) -> Integers:
        """Seeds, [nets]."""
        return self["seed"].values

    @property
    def null_loss(self) -> float:
        """H, nats."""
        return float(self["null_loss"])

    @cached_property
    def loss(self) -> Array:
        """Training loss, [nets, steps]."""
        return self["loss"].values.astype(np.float64)

    @cached_property
    def rate_sums(self) -> Array:
        """Sum of the learning rates of the updates before each step, and of all, [steps + 1]."""
        rates = learning_rates(self.condition.peak, self.loss.shape[1], self.attribute("optimizer"))
        return np.append(0, np.cumsum(rates))

    @cached_property
    def rested(self) -> tuple[Array, Flags]:
        """The sum of the learning rates before each net's escape, or before the last step that it was seen at where
        there was none; and whether there was none, [nets] each."""
        escape, diverged = self["escape_step"].values, self["diverged_step"].values
        stuck: Flags = np.isnan(escape)
        seen = np.where(stuck, np.nan_to_num(diverged, nan=self.loss.shape[1]), escape)
        return self.rate_sums[seen.astype(int)], stuck

    @cached_property
    def escape_sums(self) -> Array:
        """τ: the sum of the learning rates before each net's escape, [nets]; NaN where there was none."""
        sums, stuck = self.rested
        return np.where(stuck, np.nan, sums)

    @cached_property
    def first_signal(self) -> Array:
        """The signal of the logits before training, on the first batch, [nets]."""
        return self["logit_signal"].values[:, 0].astype(np.float64)

    @cached_property
    def plateaus(self) -> tuple[Integers, Integers]:
        """First step and length of each net's plateau, [nets] each; length 0 where there is none."""
        return plateau.plateau_span(self.loss, self.null_loss)

    @cached_property
    def collapses(self) -> tuple[Integers, Integers]:
        """The same of each net's rest after its escape."""
        return plateau.collapse_span(self.loss, self.null_loss)

    @cached_property
    def on_plateau(self) -> Flags:
        """Whether a net has a plateau, [nets]."""
        return self.plateaus[1] > 0

    @cached_property
    def decided(self) -> Flags:
        """Whether it can be said that a net has a plateau or not, [nets]: all but those that diverged before either a
        plateau or an escape; none where the schedule has no room for a plateau."""
        flags: Flags = self.finished | self.on_plateau | ~np.isnan(self["escape_step"].values)
        return flags if self.loss.shape[1] >= plateau.SHORTEST else np.zeros_like(flags)

    @cached_property
    def finished(self) -> Flags:
        """Whether a net never diverged, [nets]."""
        flags: Flags = self["outcome"].values != "diverged"
        return flags

    @cached_property
    def trained(self) -> Flags:
        """Whether a net ended as trained, [nets]."""
        flags: Flags = self["outcome"].values == "trained"
        return flags

    def null_score(self, metric: str) -> float:
        """What the null net scores in a metric ("valid_loss", "accuracy")."""
        return float(self[score_of(metric)])

    def end(self, metric: str) -> Array:
        """A metric at the end, as "valid_loss" or "test_accuracy", [nets]; a diverged net counts as the null net."""
        values = self[metric].values.astype(np.float64)
        last = values if values.ndim == 1 else values[:, -1]
        return charge_diverged(last, self.null_score(metric))

    def activations(self, name: str, site: str = "relu") -> Array:
        """A statistic of activations at a site, [nets, …, layers]; "output" is "relu" where there is no subtrahend."""
        array = self[name]
        return array.sel(site=site if site in array["site"] else "relu").values.astype(np.float64)

    def windows(self, name: str, site: str = "relu") -> Array:
        """The same per step as means over consecutive windows of WINDOW steps, [nets, windows, layers]."""
        array = self.activations(name, site)
        whole = array[:, : array.shape[1] // plateau.WINDOW * plateau.WINDOW]
        means: Array = whole.reshape(len(whole), -1, plateau.WINDOW, whole.shape[2]).mean(2)
        return means


def halve(seeds: Integers) -> tuple[Integers, Integers]:
    """The seeds [nets] that a peak is chosen on, and those that the choice is judged on."""
    middle = len(seeds) // 2
    return seeds[:middle], seeds[middle:]


def choose_peak(by_peak: Iterable[Nets]) -> Nets:
    """The nets at that of several peaks with the lowest mean validation loss, a diverged net counting as the null
    net."""
    return min(by_peak, key=lambda nets: float(nets.end("valid_loss").mean()))


def open_run(path: Path) -> Run:
    """The run at `path`, read as it is asked for. Raises GoodinitError, then or later, where it is not a run file."""
    with _reading(path) as file:
        # a dimension without a coordinate has a dataset too
        variables = {name for name in file if name in COORDINATES or not file[name].is_scale}
        attributes = {name: _plain(value) for name, value in file.attrs.items() if name != "_NCProperties"}
    return Run(attributes, variables, partial(_read_variable, path))


def _read_variable(path: Path, name: str) -> xr.DataArray:
    with _reading(path) as file:
        dimensions = [name] if name in COORDINATES else [Path(scale[0].name).name for scale in file[name].dims]
        coordinates = {dimension: _values(file[dimension]) for dimension in dimensions if dimension in COORDINATES}
        values = coordinates[name] if name in coordinates else _values(file[name])
    return xr.DataArray(values, coordinates, dimensions, name)


def _values(stored: h5py.Dataset) -> NDArray[Any]:
    values = stored.asstr()[...].astype(np.str_) if h5py.check_string_dtype(stored.dtype) else stored[...]
    return np.asarray(values)


def _plain(attribute: Any) -> Any:
    """NetCDF keeps a number as an array of one."""
    return attribute[0] if isinstance(attribute, np.ndarray) else attribute


@contextmanager
def _reading(path: Path) -> Iterator[h5py.File]:
    """The file at `path` as HDF5: xarray would look at every variable first, thirty times as long as one is read."""
    try:
        with h5py.File(path) as file:
            yield file
    except (OSError, KeyError, ValueError) as error:
        raise GoodinitError(f"{path} is not a readable run file ({error}); delete it and run again") from error


def read_nets(paths: Iterable[Path]) -> dict[Condition, Nets]:
    """The nets of each condition that some run files are of, in the order of the files. Raises GoodinitError where one
    is not a run file."""
    return collect_nets(map(open_run, paths))


def collect_nets(files: Iterable[Run]) -> dict[Condition, Nets]:
    """The same of run files that are open."""
    by_condition: dict[Condition, list[Run]] = {}
    for file in files:
        by_condition.setdefault(Condition.of(file.attributes), []).append(file)
    return {condition: Nets(blocks) for condition, blocks in by_condition.items()}
