"""Names of numbers, and the calibration error that several tasks have."""

import numpy as np
import pytest

from fivenets.core.metrics import Metrics, calibration_error


def test_scores_of_a_converted_model_are_its_own_where_it_has_some() -> None:
    metrics = Metrics(("accuracy",), of_converted=("agreement",))
    assert metrics.scores_of(is_converted=True) == ("agreement",)
    assert metrics.scores_of(is_converted=False) == ("accuracy",)
    assert Metrics(("accuracy",)).scores_of(is_converted=True) == ("accuracy",)


def test_confidence_is_compared_in_ten_bins() -> None:
    # 0.85 and 0.81 share a bin of ten, of which half are right; of eleven they would not.
    error = calibration_error(np.array([0.85, 0.81]), np.array([1, 0]))
    assert error == pytest.approx((0.85 + 0.81 - 1) / 2)
    assert calibration_error(np.array([1.0, 0.0]), np.array([1, 0])) == 0
