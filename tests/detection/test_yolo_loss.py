"""The four parts of the loss, worked out by hand on a grid of 2 by 2 cells."""

import keras
import numpy as np
import pytest
from scipy.special import logit

from fivenets.detection import boxes
from fivenets.detection.darknet import Region
from fivenets.detection.losses import Weights, YoloLoss

ANCHORS = ((1.0, 1.0), (2.0, 1.0))
ONES = Weights(coordinate=1, object=1, no_object=1, class_=1)
NEVER = -50.0  # sigmoid of it is 0


def perfect() -> tuple[np.ndarray, np.ndarray]:
    """Labels (1, 2, 2, 2, 7) with one object, and the raw output (1, 2, 2, 14) that says so."""
    labels = np.zeros((1, 2, 2, 2, 7), np.float32)
    labels[0, 1, 0, 1] = [0.25, 0.5, 1.0, 1.5, 1, 0, 1]
    raw = np.zeros_like(labels)
    raw[..., 4] = NEVER
    raw[0, 1, 0, 1] = [logit(0.25), 0, np.log(0.5), np.log(1.5), -NEVER, NEVER, -NEVER]
    return labels, raw.reshape(1, 2, 2, 14)


def parts(labels: np.ndarray, raw: np.ndarray, weights: Weights = ONES) -> dict[str, float]:
    found = YoloLoss(ANCHORS, weights, max_objects=2).parts(labels, raw)
    return {name: float(keras.ops.convert_to_numpy(value)[0]) for name, value in found.items()}


def test_the_right_answer_costs_nothing() -> None:
    assert parts(*perfect()) == pytest.approx(dict.fromkeys(parts(*perfect()), 0), abs=1e-6)


def test_the_right_answer_is_what_decoding_reads() -> None:
    _, raw = perfect()
    xyxy, confidence, classes = boxes.decode(raw[0], Region(ANCHORS, 2, softmax=True))
    best = confidence.argmax()
    # Midpoint (0.25, 1.5) of 2 cells, 1 by 1.5 cells.
    assert xyxy[best] == pytest.approx([-0.125, 0.375, 0.375, 1.125], abs=1e-6)
    assert classes[best] == pytest.approx([0, 1])


def test_a_shifted_box_costs_coordinates_and_its_confidence_should_be_its_fit() -> None:
    labels, raw = perfect()
    raw.reshape(1, 2, 2, 2, 7)[0, 1, 0, 1, 0] = logit(0.75)
    # Shifted by half of its width: IoU 1/3. Small boxes weigh more: 2 - 1.5 / 4.
    found = parts(labels, raw)
    assert found["coordinate"] == pytest.approx(0.25 * (2 - 1.5 / 4), rel=1e-4)
    assert found["object"] == pytest.approx((1 - 1 / 3) ** 2, rel=1e-4)
    assert found["class"] == pytest.approx(0, abs=1e-6)


def test_confidence_where_nothing_is_costs_unless_the_box_fits_some_object() -> None:
    labels, raw = perfect()
    cells = raw.reshape(1, 2, 2, 2, 7)
    cells[0, 0, 1, 0, 4] = 0
    assert parts(labels, raw)["no_object"] == pytest.approx(0.25, rel=1e-4)
    # The other anchor of the object's own cell, with the object's own box: it is let be.
    cells[0, 0, 1, 0, 4] = NEVER
    cells[0, 1, 0, 0, :5] = [logit(0.25), 0, 0, np.log(1.5), 0]
    assert parts(labels, raw)["no_object"] == pytest.approx(0, abs=1e-6)


def test_an_undecided_class_costs_the_logarithm_of_two_and_weights_multiply() -> None:
    labels, raw = perfect()
    raw.reshape(1, 2, 2, 2, 7)[0, 1, 0, 1, 5:] = 0
    assert parts(labels, raw)["class"] == pytest.approx(np.log(2), rel=1e-5)
    double = Weights(coordinate=1, object=1, no_object=1, class_=2)
    assert parts(labels, raw, double)["class"] == pytest.approx(2 * np.log(2), rel=1e-5)
    loss = YoloLoss(ANCHORS, double, max_objects=2)
    assert float(loss(labels, raw)) == pytest.approx(2 * np.log(2), rel=1e-4)


def test_a_diverging_width_leaves_the_loss_finite_but_for_its_square() -> None:
    labels, raw = perfect()
    raw.reshape(1, 2, 2, 2, 7)[..., 2] = 100
    assert all(np.isfinite(value) for value in parts(labels, raw).values())


def test_of_an_ignored_object_nothing_is_learned_nor_unlearned() -> None:
    labels, raw = perfect()
    labels[0, 1, 0, 1, 4:] = [-1, 0, 0]
    cells = raw.reshape(1, 2, 2, 2, 7)
    for confidence in (NEVER, 0, -NEVER):  # its own box, whatever that is
        cells[0, 1, 0, 1, :] = [3, -2, 1, 1, confidence, 5, -5]
        assert sum(parts(labels, raw).values()) == pytest.approx(0, abs=1e-6)
    # A box of 0.5 by 0.5 about (0.25, 1.5) lies in it; one as large in the next cell does not.
    inside = [logit(0.25), 0, np.log(0.5), np.log(0.5), 0, 0, 0]
    cells[0, 1, 0, 0] = inside
    assert parts(labels, raw)["no_object"] == pytest.approx(0, abs=1e-6)
    cells[0, 1, 1, 0] = inside
    assert parts(labels, raw)["no_object"] == pytest.approx(0.25, rel=1e-4)
    # It hides no other object: an ordinary one beside it is learned as ever.
    labels[0, 0, 0, 0] = [0.5, 0.5, 1, 1, 1, 0, 1]
    cells[0, 0, 0, 0] = [0, 0, 0, 0, 0, 0, 0]
    found = parts(labels, raw)
    assert found["object"] == pytest.approx(0.25, rel=1e-4)  # fits, and says so by a half
    assert found["class"] == pytest.approx(np.log(2), rel=1e-4)
