"""What a net that ignores its input scores, and who counts as one."""

import numpy as np
import pandas as pd
import pytest

from goodinit.runs.null_net import charge_diverged, majority_share, null_loss, score_of, scores


def test_null_loss_is_the_entropy_of_the_classes() -> None:
    even, uneven = np.array([0, 0, 1, 1]), np.array([0, 2, 2, 2])
    assert null_loss(even, even) == pytest.approx(np.log(2))
    assert null_loss(uneven, uneven) == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))
    assert majority_share(uneven, uneven) == 0.75


def test_held_out_rows_are_scored_by_the_shares_of_the_training_rows() -> None:
    train, held_out = np.array([0, 1, 1, 1]), np.array([0, 0, 0, 1])
    assert null_loss(train, held_out) == pytest.approx(-(0.75 * np.log(0.25) + 0.25 * np.log(0.75)))
    assert majority_share(train, held_out) == 0.25
    found = scores({"train": train, "valid": held_out, "test": train})
    assert set(found) == {
        f"{part}{score}" for part in ("", "valid_", "test_") for score in ("null_loss", "majority_share")
    }
    assert found["valid_null_loss"] == null_loss(train, held_out)
    assert found["test_majority_share"] == found["majority_share"] == 0.75
    assert null_loss(train, np.array([0, 2])) == np.inf


def test_a_diverged_net_is_charged_the_null_nets_score() -> None:
    np.testing.assert_array_equal(charge_diverged([0.5, np.nan], 2.0), [0.5, 2.0])
    nets = pd.DataFrame({"valid_loss": [np.nan, 1.0], "valid_null_loss": [3.0, 4.0]})
    np.testing.assert_array_equal(charge_diverged(nets["valid_loss"], nets[score_of("valid_loss")]), [3.0, 1.0])
    assert score_of("train_accuracy") == score_of("accuracy") == "majority_share"
