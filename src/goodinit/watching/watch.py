"""Any net, watched by forward hooks while it trains: the obvious way, to copy.

What `goodinit.training` records, faster, is held to this by tests.
"""

from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.runs.file import BINS, HISTOGRAM_TOP


def measure_std(outputs: Tensor) -> Tensor:
    """Std (ddof 1) over rows and units; 0 of a single number."""
    return outputs.std(correction=min(1, outputs.numel() - 1))


def measure_signal(outputs: Tensor) -> Tensor:
    """How much a net's outputs [rows, …] differ from row to row: the root mean square over units of the std (ddof 1)
    over rows, a scalar; 0 where the net ignores its input, and of a single row."""
    return outputs.detach().std(0, correction=min(1, len(outputs) - 1)).square().mean().sqrt()


def count_bins(outputs: Tensor) -> Tensor:
    """How many |output| lie in each of BINS equal bins from 0 to HISTOGRAM_TOP: [BINS]; those above are in none."""
    return outputs.abs().histc(BINS, 0, HISTOGRAM_TOP)


def share_of_min_bin(histogram: Tensor) -> Tensor:
    """The share of the first bin in histograms [..., BINS]: [...]; NaN where all are empty."""
    return histogram[..., 0] / histogram.sum(-1)


class Watch:
    """The statistics of a net's layers at every pass in train mode:

        with Watch(model, nn.ReLU) as watch:
            ...  # train the model
        watch.statistics()

    A layer is a module of one of `kinds`; with none named, every module that has no other inside. It gives a tensor of
    floats whose first axis is the rows of the batch; the others together are its units. A pass is a call of the model;
    one in eval mode leaves no trace, so that validation batches do not get in. The hooks are gone after the block,
    whatever ends it. Raises GoodinitError for a model without such layers, and in a pass where a layer gives something
    else.
    """

    def __init__(self, model: nn.Module, *kinds: type[nn.Module]) -> None:
        leaves = {name: module for name, module in model.named_modules() if not list(module.children())}
        of_kinds = {name: module for name, module in model.named_modules() if isinstance(module, kinds)}
        self.model, self.layers = model, of_kinds if kinds else leaves
        if not self.layers:
            raise GoodinitError(
                f"no module of the model is a {' or a '.join(kind.__name__ for kind in kinds)}; it has "
                f"{', '.join(sorted({type(module).__name__ for module in leaves.values()}))}. "
                "Activations that are called as functions cannot be hooked: make modules of them"
            )
        self._passes = 0
        self._calls = Counter[str]()
        self._seen: list[tuple[int, str, Tensor, Tensor]] = []
        self._hooks: list[RemovableHandle] = []

    def __enter__(self) -> "Watch":
        self._hooks = [self.model.register_forward_pre_hook(self._begin_pass)]
        self._hooks += [
            layer.register_forward_hook(partial(self._record, name or "model")) for name, layer in self.layers.items()
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def statistics(self) -> pd.DataFrame:
        """A row per pass and layer, in the order of calls: `step`, the passes before it; `layer`, its name in the
        model, with the number of the call where a pass calls it again; `mean` and `std` (ddof 1) over rows and units;
        `signal`, see measure_signal; `min_bin_share`, see share_of_min_bin. Raises GoodinitError without a pass."""
        if not self._seen:
            raise GoodinitError("nothing was watched; inside the block, call model.train() and then the model")
        steps, layers, moments, histograms = zip(*self._seen, strict=True)
        table = pd.DataFrame({"step": steps, "layer": layers})
        table[["mean", "std", "signal"]] = [tuple(map(float, of_layer)) for of_layer in moments]
        table["min_bin_share"] = [share_of_min_bin(of_layer).item() for of_layer in histograms]
        return table

    def histograms(self) -> dict[str, Array]:
        """What count_bins counts, by layer in the order of calls: [passes, BINS] each."""
        by_layer: dict[str, list[Array]] = {}
        for _, layer, _, histogram in self._seen:
            by_layer.setdefault(layer, []).append(histogram.cpu().numpy())
        return {layer: np.array(histograms) for layer, histograms in by_layer.items()}

    def _begin_pass(self, *_: object) -> None:
        self._passes += self.model.training
        self._calls.clear()

    def _record(self, name: str, layer: nn.Module, _inputs: object, output: object) -> None:
        if not self.model.training:
            return
        if not (isinstance(output, Tensor) and output.is_floating_point() and output.ndim and output.numel()):
            raise GoodinitError(
                f"layer {name}, a {type(layer).__name__}, gives no tensor of floats with a row for each of the batch; "
                "name the kinds of layers to watch, as in Watch(model, nn.Linear)"
            )
        self._calls[name] += 1
        label = name if self._calls[name] == 1 else f"{name}, call {self._calls[name]}"
        # numbers, at once: a ReLU in place is about to overwrite the output, and to keep it would keep its graph
        outputs = output.detach().to(torch.promote_types(output.dtype, torch.float32))
        moments = torch.stack([outputs.mean(), measure_std(outputs), measure_signal(outputs)])
        self._seen.append((self._passes - 1, label, moments, count_bins(outputs)))
