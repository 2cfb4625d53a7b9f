"""The four parts of the loss, worked out by hand on a grid of 2 by 2 cells."""

import keras
import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from fivenets.detection import boxes
from fivenets.detection.labels import label_tensor
from fivenets.detection.losses import LossParts, YoloLoss
from fivenets.detection.regions import Region

ANCHORS = ((1.0, 1.0), (2.0, 1.0))
ONES = LossParts(coordinate=1, object=1, no_object=1, class_=1)
NEVER = -50.0  # sigmoid of it is 0


def perfect() -> tuple[np.ndarray, np.ndarray]:
    """Labels (1, 2, 2, 2, 7) with one object, and the raw output (1, 2, 2, 14) that says so."""
    labels = np.zeros((1, 2, 2, 2, 7), np.float32)
    labels[0, 1, 0, 1] = [0.25, 0.5, 1.0, 1.5, 1, 0, 1]
    raw = np.zeros_like(labels)
    raw[..., 4] = NEVER
    raw[0, 1, 0, 1] = [logit(0.25), 0, np.log(0.5), np.log(1.5), -NEVER, NEVER, -NEVER]
    return labels, raw.reshape(1, 2, 2, 14)


def parts(labels: np.ndarray, raw: np.ndarray, weights: LossParts = ONES) -> dict[str, float]:
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
    assert found["coordinate"] == pytest.approx(0.25 * (2 - 1.5 / 4) / 2, rel=1e-4)
    assert found["object"] == pytest.approx((1 - 1 / 3) ** 2 / 2, rel=1e-4)
    assert found["class"] == pytest.approx(0, abs=1e-6)


def test_confidence_where_nothing_is_costs_unless_the_box_fits_some_object() -> None:
    labels, raw = perfect()
    cells = raw.reshape(1, 2, 2, 2, 7)
    cells[0, 0, 1, 0, 4] = 0
    assert parts(labels, raw)["no_object"] == pytest.approx(0.25 / 2, rel=1e-4)
    # The other anchor of the object's own cell, with the object's own box: it is let be.
    cells[0, 0, 1, 0, 4] = NEVER
    cells[0, 1, 0, 0, :5] = [logit(0.25), 0, 0, np.log(1.5), 0]
    assert parts(labels, raw)["no_object"] == pytest.approx(0, abs=1e-6)


def test_an_undecided_class_costs_the_logarithm_of_two_and_weights_multiply() -> None:
    labels, raw = perfect()
    raw.reshape(1, 2, 2, 2, 7)[0, 1, 0, 1, 5:] = 0
    assert parts(labels, raw)["class"] == pytest.approx(np.log(2), rel=1e-5)
    double = LossParts(coordinate=1, object=1, no_object=1, class_=2)
    assert parts(labels, raw, double)["class"] == pytest.approx(2 * np.log(2), rel=1e-5)
    loss = YoloLoss(ANCHORS, double, max_objects=2)
    assert float(loss(labels, raw)) == pytest.approx(2 * np.log(2), rel=1e-4)


def test_a_diverging_width_leaves_the_loss_finite_but_for_its_square() -> None:
    labels, raw = perfect()
    raw.reshape(1, 2, 2, 2, 7)[..., 2] = 100
    assert all(np.isfinite(value) for value in parts(labels, raw).values())


def darknet_box(output: np.ndarray, column: int, row: int, anchor: int) -> tuple[float, ...]:
    """get_region_box of src/region_layer.c, times the grid's sides: centre and sides in cells."""
    x, y, w, h = output[row, column, anchor, :4]
    width, height = REGION_ANCHORS[anchor]
    return column + x, row + y, np.exp(w) * width, np.exp(h) * height


def darknet_iou(box: tuple[float, ...], other: tuple[float, ...]) -> float:
    """box_iou of src/box.c."""
    sides = [
        min(box[axis] + box[axis + 2] / 2, other[axis] + other[axis + 2] / 2)
        - max(box[axis] - box[axis + 2] / 2, other[axis] - other[axis + 2] / 2)
        for axis in (0, 1)
    ]
    common = sides[0] * sides[1] if min(sides) > 0 else 0.0
    return common / (box[2] * box[3] + other[2] * other[3] - common)


REGION_ANCHORS = ((1.0, 1.2), (2.5, 1.0), (0.7, 2.5))


def darknet_delta(raw: np.ndarray, truths: list[tuple], weights: LossParts) -> np.ndarray:
    """What forward_ and backward_region_layer add to the gradient: (rows, columns, anchors, 5 + k).

    After the first 12,800 pictures, with rescore=1, bias_match=1, softmax=1, thresh=0.6.
    truths: x, y, w, h in cells, and class.
    """
    output = raw.astype(float)
    output[..., [0, 1, 4]] = expit(output[..., [0, 1, 4]])
    output[..., 5:] = softmax(output[..., 5:], axis=-1)
    delta, (rows, columns, anchors, _) = np.zeros_like(output), raw.shape
    for row, column, anchor in np.ndindex(rows, columns, anchors):
        box = darknet_box(output, column, row, anchor)
        best = max(darknet_iou(box, truth) for truth in truths)
        if best <= 0.6:
            delta[row, column, anchor, 4] = weights.no_object * (0 - output[row, column, anchor, 4])
    for *truth, label in truths:
        column, row = int(truth[0]), int(truth[1])
        shapes = [(0, 0, *anchor) for anchor in REGION_ANCHORS]
        at = int(np.argmax([darknet_iou(shape, (0, 0, *truth[2:])) for shape in shapes]))
        found, place = output[row, column, at], delta[row, column, at]
        scale = weights.coordinate * (2 - truth[2] * truth[3] / (rows * columns))
        wanted = np.log(np.array(truth[2:]) / REGION_ANCHORS[at])
        place[:4] = scale * (np.array([truth[0] - column, truth[1] - row, *wanted]) - found[:4])
        iou = darknet_iou(darknet_box(output, column, row, at), tuple(truth))
        place[4] = weights.object * (iou - found[4])
        place[5:] = weights.class_ * (np.eye(raw.shape[-1] - 5)[label] - found[5:])
    for entry in (0, 1, 4):  # gradient_array by LOGISTIC; w, h and classes are linear
        delta[..., entry] *= output[..., entry] * (1 - output[..., entry])
    return delta


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_darknets_region_layer(seed: int) -> None:
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(seed)
    rows, columns, weights = 3, 4, LossParts()
    raw = rng.normal(0, 1, (rows, columns, 3, 5 + 2)).astype(np.float32)
    truths = [(0.4, 0.6, 1.1, 1.0, 0), (2.2, 1.5, 2.3, 1.1, 1), (2.6, 1.2, 0.8, 2.2, 0)]
    # One predicted box overlaps an object that is not its own by more than thresh.
    raw[1, 2, 0, :4] = [logit(0.2), logit(0.5), np.log(2.3), np.log(1.1 / 1.2)]
    centres, sides = np.array([one[:2] for one in truths]), np.array([one[2:4] for one in truths])
    xyxy = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1) / (
        [columns, rows] * 2
    )
    classes = np.array([one[4] for one in truths])
    labels = label_tensor(xyxy, classes, np.array(REGION_ANCHORS), 2, rows, columns)
    loss = YoloLoss(REGION_ANCHORS, weights, max_objects=3)
    given = tf.constant(raw.reshape(1, rows, columns, -1))
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = loss(labels[None], given)
    gradient = tape.gradient(value, given).numpy().reshape(raw.shape)
    # Darknet's delta is what is added to the weights: the negative gradient.
    np.testing.assert_allclose(-gradient, darknet_delta(raw, truths, weights), atol=2e-5)


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
    assert parts(labels, raw)["no_object"] == pytest.approx(0.125, rel=1e-4)
    # It hides no other object: an ordinary one beside it is learned as ever.
    labels[0, 0, 0, 0] = [0.5, 0.5, 1, 1, 1, 0, 1]
    cells[0, 0, 0, 0] = [0, 0, 0, 0, 0, 0, 0]
    found = parts(labels, raw)
    assert found["object"] == pytest.approx(0.125, rel=1e-4)  # fits, and says so by a half
    assert found["class"] == pytest.approx(np.log(2), rel=1e-4)
