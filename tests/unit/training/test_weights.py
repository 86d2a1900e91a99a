"""Measures of weights and of inequality against numbers worked out by hand."""

import numpy as np
import pytest
import torch

from goodinit.training import weights
from goodinit.training.weights import gini


@pytest.mark.parametrize("rank", [weights._rank_on_cpu, weights._rank_on_gpu])
def test_gini_runs_from_equal_to_one_has_all(rank: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_rank_on_cpu", rank)
    one_has_all = torch.tensor([[0.0, 0, 0, -8], [2, -2, 2, 2], [0, 0, 0, 0]])
    np.testing.assert_allclose(gini(one_has_all), [0.75, 0, np.nan], atol=1e-12)
    uniform = torch.linspace(0, 1, 10_001)[None]
    assert gini(uniform)[0] == pytest.approx(1 / 3, abs=1e-3)
