"""Week 4, faces: the triplet loss with the notes' distances, encodings, and pairs as classes."""

import keras
import numpy as np
import pytest

from fivenets.faces import losses, siamese
from fivenets.faces.calibration import Calibration
from fivenets.faces.dlib_resnet import dlib_resnet
from fivenets.faces.embedder import verdict
from fivenets.faces.nn4 import nn4_small2


def triplet(to_positive: float, to_negative: float) -> list[np.ndarray]:
    """Anchor, positive and negative (1, 2) at these squared distances."""
    points = [0, 0], [to_positive**0.5, 0], [0, to_negative**0.5]
    return [np.array([point], np.float32) for point in points]


@pytest.mark.parametrize(
    ("to_positive", "to_negative", "expected"),
    [
        (0.5, 0.51, 0.19),  # nearer, but not by the margin
        (0.5, 0.7, 0),  # by just the margin
        (0.5, 0.9, 0),  # never below 0
        (0.5, 0.3, 0.4),
    ],
)
def test_triplet_loss_at_the_margin_of_0_2(to_positive, to_negative, expected) -> None:
    loss = losses.triplet_loss(*triplet(to_positive, to_negative), alpha=0.2)
    assert float(loss) == pytest.approx(expected, abs=1e-6)


def test_encodings_of_nothing_but_zeros_cost_the_margin() -> None:
    zeros = np.zeros((1, 128), np.float32)
    assert float(losses.triplet_loss(zeros, zeros, zeros, alpha=0.2)) == pytest.approx(0.2)
    assert float(losses.triplet_loss(zeros, zeros, zeros, alpha=0.0)) == 0


def test_the_cost_is_the_sum_over_triplets() -> None:
    pairs = zip(triplet(0.5, 0.51), triplet(0.5, 0.3), strict=True)
    anchors, positives, negatives = (np.concatenate(pair) for pair in pairs)
    assert float(losses.triplet_loss(anchors, positives, negatives, alpha=0.2)) == pytest.approx(
        0.19 + 0.4
    )


def test_hard_triplets_are_those_with_the_most_to_learn_from() -> None:
    # One person at 0 and 1, others at 1.5 and 9: the anchor 0 has its nearest negative at 1.5.
    points, people = np.array([[0.0], [1.0], [1.5], [9.0]], np.float32), np.array([0, 0, 1, 2])
    # At a margin of 1: anchor 0 costs 1 - 1.5 + 1, anchor 1 costs 1 - 0.5 + 1.
    assert float(losses.batch_hard(people, points, 1.0)) == pytest.approx((0.5 + 1.5) / 2)
    # Taken at random, half of its negatives (those at 9) teach nothing: 9 - 1 > 1.
    assert float(losses.active_fraction(people, points, 1.0)) == pytest.approx(2 / 4)


@pytest.mark.parametrize("network", [nn4_small2, dlib_resnet])
def test_an_encoding_has_128_numbers(network) -> None:
    assert network().output_shape == (None, 128)


@pytest.mark.parametrize(("distance", "is_same"), [(0.5, True), (0.7, False), (0.6, True)])
def test_a_distance_up_to_the_threshold_means_the_same_person(distance, is_same) -> None:
    calibration = Calibration(0.6, 0, 0.001, "", "", "", "")
    found = verdict(np.zeros(128), np.array([distance, *[0] * 127]), calibration)
    assert (found.same, found.distance) == (is_same, distance)


def test_pairs_are_classified_by_the_differences_of_their_encodings() -> None:
    one, other = np.array([[1.0, 2.0]]), np.array([[3.0, 0.5]])
    assert siamese.absolute_difference(one, other).tolist() == [[2, 1.5]]
    # (1 - 3)^2 / (1 + 3) and (2 - 0.5)^2 / (2 + 0.5)
    assert siamese.chi_square(one, other)[0] == pytest.approx([1, 0.9])


def test_the_answer_is_a_sigmoid_of_weighted_differences() -> None:
    generator = np.random.default_rng(0)
    one, is_same = generator.normal(size=(40, 3)), np.arange(40) < 20
    other = one + generator.normal(size=(40, 3)) * np.where(is_same, 0.1, 1)[:, None]
    classifier = siamese.train(one, other, is_same, features="absolute_difference", strength=1.0)
    scaler, regression = classifier[0], classifier[-1]
    weights = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - weights @ scaler.mean_
    by_hand = keras.ops.sigmoid(np.abs(one - other) @ weights + bias)
    features = siamese.absolute_difference(one, other)
    assert classifier.predict_proba(features)[:, 1] == pytest.approx(np.asarray(by_hand), abs=1e-6)
    log_odds = siamese.distances(classifier, one, other, features="absolute_difference")
    assert ((log_odds <= 0) == (np.asarray(by_hand) >= 0.5)).all()
    assert (weights < 0).all()  # the more they differ, the less they are the same
