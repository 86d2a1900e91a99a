"""Work on a GPU as a CUDA graph: launched as a whole, where each call of torch is else launched by itself."""

from collections.abc import Callable

import torch

from goodinit.training.unfinished import State


def capture(run: Callable[[], None], state: State) -> torch.cuda.CUDAGraph:
    """A graph that does at each replay what `run` does, which reads nothing back from the device. state: what it
    changes, left as it is."""
    graph, before = torch.cuda.CUDAGraph(), state.copy()
    _warm_up(run)
    for generator in state.generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        run()
    state.restore(before)
    return graph


def _warm_up(run: Callable[[], None]) -> None:
    """Capture asks for a run before it, on another stream."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        run()
    torch.cuda.current_stream().wait_stream(stream)
