"""Triplets of a batch: losses worked out by hand on points of a line."""

import numpy as np
import pytest

from fivenets.faces import losses

# Two people on a line: 0 at x = 0 and 1, 1 at x = 3 and 5.
LABELS = np.array([0, 0, 1, 1])
LINE = np.array([[0.0], [1.0], [3.0], [5.0]], dtype=np.float32)


@pytest.mark.parametrize(("squared", "expected"), [(False, 3.0), (True, 9.0)])
def test_pairwise_distances(squared: bool, expected: float) -> None:
    distances = np.asarray(losses.pairwise_distances(LINE, squared))
    assert distances[0, 2] == pytest.approx(expected)
    assert distances[0, 0] == pytest.approx(0, abs=1e-5)


def test_batch_hard_takes_farthest_positive_and_nearest_negative() -> None:
    # Anchors 0, 1, 3, 5: positive at 1, 1, 2, 2; nearest negative at 3, 2, 2, 4; margin 1.
    assert float(losses.batch_hard(LABELS, LINE, 1.0)) == pytest.approx((0 + 0 + 1 + 0) / 4)
    # Squares: 1 - 9, 1 - 4, 4 - 4, 4 - 16.
    assert float(losses.batch_hard(LABELS, LINE, 1.0, squared=True)) == pytest.approx(1 / 4)


def test_batch_all_averages_over_the_triplets_that_still_have_a_loss() -> None:
    # At margin 1.5 the triplets with a loss: (1,0,3): 1 - 2 + 1.5, (3,5,1): 2 - 2 + 1.5,
    # (3,5,0): 2 - 3 + 1.5. (0,1,3) has 1 - 3 + 1.5 < 0, the anchor 5 has 2 - 4 + 1.5 < 0.
    assert float(losses.batch_all(LABELS, LINE, 1.5)) == pytest.approx((0.5 + 1.5 + 0.5) / 3)
    assert float(losses.active_fraction(LABELS, LINE, 1.5)) == pytest.approx(3 / 8)
    # At margin 1, (1,0,3) and (3,5,0) are at exactly 0.
    assert float(losses.active_fraction(LABELS, LINE, 1.0)) == pytest.approx(1 / 8)


def test_semi_hard_takes_the_nearest_negative_beyond_the_positive() -> None:
    # Negatives beyond the positive: 3 for anchor 0, 2 for 1; anchor 3 has only 0 (at 3) beyond its
    # positive at 2, as 1 is at exactly 2; anchor 5 has 1, at 4. Margin 1.5.
    expected = (0 + 0.5 + 0.5 + 0) / 4
    assert float(losses.semi_hard(LABELS, LINE, 1.5)) == pytest.approx(expected)


def test_semi_hard_falls_back_to_the_farthest_negative() -> None:
    labels, points = np.array([0, 0, 1]), np.array([[0.0], [9.0], [4.0]], np.float32)
    # Positive at 9 from both; negatives at 4 and 5: none is beyond, so 9 - 4 + 1 and 9 - 5 + 1.
    assert float(losses.semi_hard(labels, points, 1.0)) == pytest.approx((6 + 5) / 2)
    # One more at 2: from 0 none; from 9, 7 - 5 + 1; from 2 itself, 2 - 2 + 1 and 7 - 2 + 1.
    labels, points = np.array([0, 0, 1, 0]), np.array([[0.0], [9.0], [4.0], [2.0]], np.float32)
    assert float(losses.semi_hard(labels, points, 1.0)) == pytest.approx(
        (6 + 0 + 5 + 3 + 1 + 6) / 6
    )


@pytest.mark.parametrize("mining", losses.BATCH_LOSSES)
def test_a_collapsed_batch_costs_the_margin(mining: str) -> None:
    loss = losses.BatchTripletLoss(mining, margin=0.4)
    assert float(loss(LABELS, np.zeros((4, 2), np.float32))) == pytest.approx(0.4, abs=1e-5)


@pytest.mark.parametrize("mining", losses.BATCH_LOSSES)
def test_a_batch_of_one_person_costs_nothing(mining: str) -> None:
    loss = losses.BATCH_LOSSES[mining](np.zeros(4, int), LINE, 0.5)
    assert float(loss) == 0


def test_what_is_logged_of_a_batch() -> None:
    assert float(losses.positive_distance(LABELS, LINE)) == pytest.approx(1.5)
    assert float(losses.negative_distance(LABELS, LINE)) == pytest.approx((3 + 5 + 2 + 4) / 4)
    # About the mean 2.25: 2.25^2 + 1.25^2 + 0.75^2 + 2.75^2 = 14.75, over 4.
    assert float(losses.spread(LABELS, LINE)) == pytest.approx((14.75 / 4) ** 0.5)
    assert float(losses.spread(LABELS, np.ones((4, 2), np.float32))) == 0


def test_the_triplet_loss_of_the_assignment_is_summed() -> None:
    points = np.array([[[1, 2], [1, 0]], [[2, 2], [3, 0]], [[1, 4], [1, 1]]], np.float32)
    # 1 - 4 + 0.2 is below 0; 4 - 1 + 0.2.
    assert float(losses.triplet_loss(*points)) == pytest.approx(3.2)
