"""Week 3: intersection over union, non-max suppression, anchors and the sizes of YOLO's output.

The table of YOLOv2's layers is in tests/detection/test_yolov2_table.py.
"""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import boxes, course, darknet
from fivenets.detection.boxes import PROFILES
from fivenets.detection.labels import label_tensor
from fivenets.detection.regions import Region

CLASSES = ("pedestrian", "car", "motorcycle")
TALL, WIDE = (0.5, 1.5), (1.5, 0.5)  # anchors 1 and 2, in cells
STREET = Region((TALL, WIDE), classes=len(CLASSES), softmax=True)
CERTAIN, NEVER = 50.0, -50.0  # logits


def logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


@pytest.mark.parametrize(
    ("other", "expected", "is_correct"),
    [
        ([0, 0, 4, 2], 1, True),
        ([1, 0, 5, 2], 6 / 10, True),
        ([2, 0, 4, 2], 4 / 8, True),  # 0.5 counts as correct
        ([2, 0, 6, 2], 4 / 12, False),
        ([4, 0, 8, 2], 0, False),
    ],
)
def test_a_box_is_correct_from_half_of_the_union_on(other, expected, is_correct) -> None:
    overlap = course.iou(np.array([0, 0, 4, 2]), np.array(other))
    assert overlap == pytest.approx(expected)
    assert (overlap >= 0.5) == is_correct


def test_suppression_discards_what_is_unsure_and_what_overlaps_a_surer_box() -> None:
    # Two cars, each found several times; the numbers are p_c.
    first, second = [0, 0, 4, 2], [10, 0, 14, 2]
    found = [first, [1, 0, 5, 2], second, [10, 0, 13, 2], [11, 0, 14, 2], [20, 0, 24, 2]]
    confidence = np.array([0.7, 0.8, 0.9, 0.6, 0.65, 0.55])[:, None]
    certain = np.ones((6, 1))
    # 0.55 is below 0.6. Of the rest 0.9 stays and takes 0.65 and 0.6 with it (both 6/8); then
    # 0.8 stays and takes 0.7 (6/10).
    filtered = course.yolo_filter_boxes(confidence, np.array(found), certain)
    assert filtered[0].tolist() == [0.7, 0.8, 0.9, 0.6, 0.65]
    scores, kept, _ = course.yolo_non_max_suppression(*filtered[:2], filtered[2])
    assert scores.tolist() == [0.9, 0.8]
    assert kept.tolist() == [second, [1, 0, 5, 2]]


def test_suppression_is_done_for_each_class_of_its_own() -> None:
    # A pedestrian before a motorcycle: one box, two classes.
    found, scores = np.array([[0, 0, 2, 2], [0, 0, 2, 2]]), np.array([0.9, 0.8])
    assert len(boxes.suppress(found, scores, np.array([0, 2]), PROFILES["benchmark"])) == 2
    assert len(boxes.suppress(found, scores, np.array([0, 0]), PROFILES["benchmark"])) == 1


def cfg(grid: int, filters: int, anchors: int, classes: int) -> str:
    pairs = ",".join(["1,1"] * anchors)
    return (
        f"[net]\nheight={grid}\nwidth={grid}\n"
        f"[convolutional]\nfilters={filters}\nactivation=linear\n"
        f"[region]\nanchors={pairs}\nnum={anchors}\nclasses={classes}\n"
    )


@pytest.mark.parametrize(
    ("grid", "anchors", "classes", "channels"),
    [
        (3, 1, 3, 8),  # one object a cell: 3x3x8
        (3, 2, 3, 16),  # 3x3x2x8
        (10, 5, 3, 40),
        (19, 5, 80, 425),
    ],
)
def test_a_cell_has_five_and_the_classes_for_each_anchor(grid, anchors, classes, channels) -> None:
    network = darknet.parse(cfg(grid, channels, anchors, classes))
    assert network.layers[-1].shape == (grid, grid, channels)
    with pytest.raises(UserError, match=f"need {channels} channels"):
        darknet.parse(cfg(grid, channels - 1, anchors, classes))


def test_a_3x3_grid_of_two_anchors_gives_18_boxes() -> None:
    corners, confidence, probabilities = boxes.decode(np.zeros((3, 3, 16)), STREET)
    assert corners.shape == (3 * 3 * 2, 4)
    assert confidence.shape == (18,)
    assert probabilities.shape == (18, 3)


def test_a_car_alone_is_labelled_in_the_second_half_of_its_cell() -> None:
    # A car of 1.8 by 0.6 cells, its midpoint in row 2, column 1 at a quarter and a half of it.
    car = np.array([[1.25 - 0.9, 2.5 - 0.3, 1.25 + 0.9, 2.5 + 0.3]]) / 3
    labels = label_tensor(car, np.array([1]), np.array([TALL, WIDE]), len(CLASSES), 3, 3)
    assert labels.shape == (3, 3, 2, 8)
    # x, y, w, h come before p_c here, as in Darknet.
    assert labels[2, 1, 1] == pytest.approx([0.25, 0.5, 1.8, 0.6, 1, 0, 1, 0], abs=1e-6)
    labels[2, 1, 1] = 0
    assert not labels.any()


def test_a_wide_box_is_nearer_to_the_wide_anchor() -> None:
    def centred(sides: tuple[float, float]) -> np.ndarray:
        return np.array([*np.negative(sides), *sides]) / 2

    car, pedestrian = centred((1.8, 0.6)), centred((0.4, 1.2))
    anchors = np.stack([centred(TALL), centred(WIDE)])
    # The car shares 0.5 x 0.6 = 0.3 with the tall one, and holds the wide one: 0.75 of 1.08.
    assert boxes.iou(car, anchors) == pytest.approx([0.3 / (1.08 + 0.75 - 0.3), 0.75 / 1.08])
    assert boxes.iou(pedestrian, anchors) == pytest.approx([0.48 / 0.75, 0.2 / (0.48 + 0.75 - 0.2)])


def test_car_only_is_read_from_the_second_half_of_its_cell() -> None:
    # y: 0 ? ? ? ? ? ? ? for anchor 1, and 1 b_x b_y b_h b_w 0 1 0 for anchor 2.
    raw = np.full((3, 3, 2, 8), 0.0)
    raw[..., 4] = NEVER
    raw[2, 1, 1] = [logit(0.25), logit(0.5), np.log(1.2), 0, CERTAIN, NEVER, CERTAIN, NEVER]
    corners, classes, scores = boxes.detections(
        [raw.reshape(3, 3, 16)], [STREET], PROFILES["course"]
    )
    assert [CLASSES[label] for label in classes] == ["car"]
    assert scores == pytest.approx([1])
    # Row 2, column 1: the midpoint is at x 1.25, y 2.5 of 3 cells, the box 1.8 by 0.5 cells.
    expected = np.array([1.25 - 0.9, 2.5 - 0.25, 1.25 + 0.9, 2.5 + 0.25]) / 3
    assert corners[0] == pytest.approx(expected, abs=1e-6)


def test_a_midpoint_stays_in_its_cell_and_a_box_may_be_larger_than_it() -> None:
    raw = np.zeros((3, 3, 2, 8))
    raw[1, 1, 0, :4] = [CERTAIN, NEVER, np.log(4), np.log(2)]
    corners = boxes.decode(raw.reshape(3, 3, 16), STREET)[0].reshape(3, 3, 2, 4)[1, 1, 0] * 3
    left, top, right, bottom = corners
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((2, 1))
    assert (right - left, bottom - top) == pytest.approx((4 * 0.5, 2 * 1.5))
