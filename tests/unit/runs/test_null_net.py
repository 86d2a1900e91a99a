"""What a net that ignores its input scores, and who counts as one."""

import numpy as np
import pandas as pd
import pytest

from goodinit.runs.null_net import charge_diverged, majority_share, null_loss, score_of


def test_null_loss_is_the_entropy_of_the_classes() -> None:
    assert null_loss(np.array([0, 0, 1, 1])) == pytest.approx(np.log(2))
    assert null_loss(np.array([0, 2, 2, 2])) == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))
    assert majority_share(np.array([0, 2, 2, 2])) == 0.75


def test_a_diverged_net_is_charged_the_null_nets_score() -> None:
    np.testing.assert_array_equal(charge_diverged([0.5, np.nan], 2.0), [0.5, 2.0])
    nets = pd.DataFrame({"valid_loss": [np.nan, 1.0], "null_loss": [3.0, 4.0]})
    np.testing.assert_array_equal(charge_diverged(nets["valid_loss"], nets[score_of("valid_loss")]), [3.0, 1.0])
    assert score_of("test_accuracy") == score_of("accuracy") == "majority_share"
