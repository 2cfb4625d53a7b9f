"""Temperatures and thresholds that are known beforehand are found again."""

import numpy as np
import pytest
from scipy.special import softmax

from fivenets.classification.calibration import Calibration, fitted
from fivenets.core.errors import UserError


def test_a_temperature_is_found_again() -> None:
    """Labels are drawn by the probabilities of logits, which are then three times as sure."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 4))
    labels = np.array([rng.choice(4, p=row) for row in softmax(logits, axis=1)])
    found = fitted(3 * logits, labels, 4)
    assert found.temperature == pytest.approx(3, rel=0.03)
    assert found.least_score is None
    np.testing.assert_allclose(
        Calibration(4, 3.0).probabilities(3 * logits), softmax(logits, axis=1)
    )


def test_two_of_a_hundred_examples_fall_below_the_least_score() -> None:
    """The last output alone differs: the less of it, the higher the score."""
    logits = np.zeros((101, 3))
    logits[:, 2] = -np.arange(101)
    found = fitted(logits, np.zeros(101, int), 2)
    assert found.least_score == pytest.approx(np.log(2) + 2)
    assert found.is_rejected(logits).tolist() == [True] * 2 + [False] * 99
    assert found.outputs == 3


def test_of_drawn_hands_no_more_is_rejected_than_most_pictures_without_one() -> None:
    """Real hands score less than the drawn ones that are all there is to fit on."""
    logits, others = np.zeros((101, 3)), np.zeros((101, 3))
    logits[:, 2] = -200 - np.arange(101)
    others[:, 2] = -np.arange(101)
    found = fitted(logits, np.zeros(101, int), 2, others)
    assert found.least_score == pytest.approx(np.log(2) + 98)
    assert found.is_rejected(others).sum() == 98
    mixed = fitted(others, np.zeros(101, int), 2, logits)
    assert mixed.least_score == pytest.approx(np.log(2) + 2), "a threshold that hands give is kept"


@pytest.mark.parametrize(
    ("enough", "expected"),
    [(20, 28), (48, 48), (150, 98)],
    ids=["down to where few of all are lost", "where the others are rejected", "up to the promise"],
)
def test_fewer_are_lost_where_that_suffices_to_reject_the_others(
    enough: float, expected: float
) -> None:
    def scoring(values: np.ndarray) -> np.ndarray:
        return np.stack([values - np.log(2)] * 2 + [np.zeros(len(values))], axis=1)

    near, everything = np.linspace(96, 196, 101), np.linspace(26, 126, 101)  # 2% at 98 and at 28
    others = np.linspace(0, enough / 0.98, 101)
    found = fitted(scoring(near), np.zeros(101, int), 2, scoring(others), scoring(everything))
    assert found.least_score == pytest.approx(expected)


def test_without_an_output_for_none_nothing_is_rejected() -> None:
    assert not Calibration(2).is_rejected(np.full((3, 2), -1e9)).any()
    assert Calibration(2).scores(np.zeros((1, 2))) == np.inf


def test_nothing_to_fit_on_is_a_sentence() -> None:
    with pytest.raises(UserError, match="a calibration needs pictures to validate with"):
        fitted(np.zeros((0, 3)), np.zeros(0, int), 3)
