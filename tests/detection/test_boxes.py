"""Boxes by hand: decoding, overlap, filtering, suppression, pixels."""

from dataclasses import replace

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import boxes, compact, course, darknet, weights
from fivenets.detection.boxes import PROFILES, Profile
from fivenets.detection.detector import Detector
from fivenets.detection.pictures import fit, inner, to_pixels
from fivenets.detection.regions import Region

ONE_ANCHOR = Region(((2.0, 1.0),), classes=2, softmax=True)


def test_zeros_decode_to_cells_middles_and_anchors() -> None:
    # 1 row of 2 columns: sigmoid(0) is 1/2, exp(0) is 1, so centres lie at 1/4 and 3/4 of the
    # width, boxes are 2 of 2 cells wide and 1 of 1 high, and everything has probability 1/2.
    found, confidence, classes = boxes.decode(np.zeros((1, 2, 7)), ONE_ANCHOR)
    assert found.tolist() == [[-0.25, 0, 0.75, 1], [0.25, 0, 1.25, 1]]
    assert confidence.tolist() == [0.5, 0.5]
    assert classes.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_decoding_reads_x_y_w_h_confidence_classes_of_each_anchor() -> None:
    region = Region(((1.0, 1.0), (1.0, 1.0)), classes=2, softmax=True)
    raw = np.zeros((1, 1, 14))
    # Second anchor: sigmoid(ln 3) = 3/4; e^(ln 2) = 2; softmax(ln 3, 0) = 3/4, 1/4.
    raw[0, 0, 7:] = [np.log(3), -np.log(3), np.log(2), 0, np.log(3), np.log(3), 0]
    found, confidence, classes = boxes.decode(raw, region)
    assert found[1] == pytest.approx([0.75 - 1, 0.25 - 0.5, 0.75 + 1, 0.25 + 0.5], abs=1e-6)
    assert confidence == pytest.approx([0.5, 0.75])
    assert classes[1] == pytest.approx([0.75, 0.25])


def test_classes_without_softmax_are_logistic() -> None:
    raw = np.zeros((1, 1, 7))
    raw[0, 0, 5:] = np.log(3)
    region = Region(((1.0, 1.0),), classes=2, softmax=False)
    assert boxes.decode(raw, region)[2].ravel() == pytest.approx([0.75, 0.75])


def test_a_scale_widens_the_way_of_a_midpoint() -> None:
    # sigmoid(ln 3) = 3/4 of the way, 1/4 beyond the middle: times 1.2 that is 0.3, so at 0.8.
    raw = np.zeros((1, 1, 6), np.float32)
    raw[0, 0, 0] = np.log(3)
    found, _, _ = boxes.decode(raw, Region(((1.0, 1.0),), 1, softmax=False, scale_xy=1.2))
    assert found[0] == pytest.approx([0.3, 0, 1.3, 1], abs=1e-6)


def test_new_coordinates_are_not_activated_again_and_sides_are_squares() -> None:
    # x is 0.6, and (2 * 0.25)^2 = 1/4 of the anchor.
    raw = np.array([0.6, 0.5, 0.25, 0.5, 0.9, 0.7], np.float32).reshape(1, 1, 6)
    region = Region(((2.0, 1.0),), 1, softmax=False, new_coords=True)
    found, confidence, classes = boxes.decode(raw, region)
    assert found[0] == pytest.approx([0.6 - 0.25, 0, 0.6 + 0.25, 1], abs=1e-6)
    assert (confidence, classes) == (pytest.approx([0.9]), pytest.approx(np.array([[0.7]])))


def test_boxes_that_cannot_score_are_not_decoded_and_none_other_is_lost() -> None:
    raw = np.random.default_rng(0).normal(0, 3, (4, 5, 3 * 7)).astype(np.float32)
    region = Region(((1.0, 1.0),) * 3, 2, softmax=False)
    every = boxes.decode(raw, region)
    likely = every[1] >= 0.6
    assert 0 < likely.sum() < len(likely)
    for some, all_ in zip(boxes.decode(raw, region, 0.6), every, strict=True):
        assert some.tolist() == all_[likely].tolist()


@pytest.mark.parametrize("confidence", [np.nan, -0.2])
def test_a_confidence_that_is_none_is_decoded_and_never_detected(confidence: float) -> None:
    raw = np.array([0.6, 0.5, 0.25, 0.5, confidence, 0.7], np.float32).reshape(1, 1, 6)
    region = Region(((2.0, 1.0),), 1, softmax=False, new_coords=True)
    assert len(boxes.decode(raw, region)[0]) == 1
    for profile in (*PROFILES.values(), replace(PROFILES["benchmark"], score_threshold=0)):
        assert not len(boxes.detections([raw], [region], profile)[2])


@pytest.mark.parametrize(
    ("box", "other", "expected"),
    [
        ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7),
        ([0, 0, 2, 2], [0, 0, 2, 2], 1),
        ([0, 0, 1, 1], [1, 0, 2, 1], 0),  # they share an edge
        ([0, 0, 1, 1], [2, 2, 3, 3], 0),  # beside each other in both directions
        ([2, 1, 4, 3], [1, 2, 3, 4], 1 / 7),  # the course's example
        ([0, 0, 0, 0], [0, 0, 0, 0], 0),  # no area
    ],
)
def test_overlap(box: list, other: list, expected: float) -> None:
    assert course.iou(np.array(box), np.array(other)) == pytest.approx(expected)


def test_the_part_of_a_box_that_lies_in_another() -> None:
    one, other = np.array([0.0, 0, 4, 2]), np.array([3.0, 1, 9, 9])
    assert boxes.inside(one, other) == 1 / 8
    assert boxes.inside(other, one) == 1 / 48
    assert boxes.inside(np.zeros(4), one) == 0


def test_suppression_within_and_across_classes() -> None:
    found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [0, 0, 10, 9]], float)
    scores, classes = np.array([0.7, 0.9, 0.8, 0.6]), np.array([0, 0, 0, 1])
    within = Profile(0, 0.5, best_class_only=True, per_class=True)
    across = Profile(0, 0.5, best_class_only=True, per_class=False)
    assert boxes.suppress(found, scores, classes, within).tolist() == [1, 2, 3]
    assert boxes.suppress(found, scores, classes, across).tolist() == [1, 2]


def test_boxes_at_the_threshold_stay() -> None:
    # IoU of [0,0,2,1] and [1,0,3,1] is 1/3.
    found, one = np.array([[0, 0, 2, 1], [1, 0, 3, 1]], float), np.zeros(2, int)
    keep, drop = (Profile(0, limit, True, True) for limit in (1 / 3, 0.332))
    assert len(boxes.suppress(found, np.array([0.9, 0.8]), one, keep)) == 2
    assert len(boxes.suppress(found, np.array([0.9, 0.8]), one, drop)) == 1


def test_suppression_equals_a_plain_double_loop() -> None:
    generator = np.random.default_rng(0)
    corners = generator.random((200, 2))
    found = np.concatenate([corners, corners + 0.05 + 0.2 * generator.random((200, 2))], axis=1)
    scores, classes = generator.random(200), generator.integers(0, 3, 200)
    kept: list[int] = []
    for index in np.argsort(-scores):
        rivals = [other for other in kept if classes[other] == classes[index]]
        if all(course.iou(found[index], found[other]) <= 0.45 for other in rivals):
            kept.append(int(index))
    assert boxes.suppress(found, scores, classes, PROFILES["benchmark"]).tolist() == kept


def test_no_boxes_are_no_error() -> None:
    none = np.zeros((0, 4)), np.zeros(0), np.zeros(0, int)
    for profile in PROFILES.values():
        assert len(boxes.suppress(*none, profile)) == 0


def test_profiles_differ_in_thresholds_and_in_classes_of_a_box() -> None:
    confidence, probabilities = np.array([1.0, 1.0]), np.array([[0.7, 0.3], [0.5, 0.5]])
    indices, classes, scores = boxes.select(confidence, probabilities, PROFILES["course"])
    assert (indices.tolist(), classes.tolist(), scores.tolist()) == ([0], [0], [0.7])
    assert len(boxes.select(confidence, probabilities, PROFILES["benchmark"])[0]) == 4
    assert (PROFILES["course"].score_threshold, PROFILES["course"].iou_threshold) == (0.6, 0.5)
    assert not PROFILES["course"].per_class
    benchmark = PROFILES["benchmark"]
    for least, count in ((0.3, 2), (0.3 / 1.005, 2), (np.nextafter(0.3, 1), 1)):
        at = replace(benchmark, score_threshold=least)
        assert len(boxes.select(confidence[:1], probabilities[:1], at)[0]) == count
    assert (benchmark.score_threshold, benchmark.iou_threshold) == (0.001, 0.45)


def test_an_unknown_profile_or_threshold_is_a_sentence() -> None:
    with pytest.raises(UserError, match="profile should be one of course, benchmark, it is 'demo'"):
        boxes.profile("demo")
    with pytest.raises(UserError, match=r"should lie in 0..1, it is 60"):
        boxes.profile("course", 60)
    with pytest.raises(UserError, match=r"should lie in 0..1, it is 1.5"):
        boxes.profile("course", 1.5)
    for threshold in (0, 0.25, 1):
        assert boxes.profile("course", threshold).score_threshold == threshold


def test_yolo_eval_scales_to_the_picture_and_caps_the_number() -> None:
    confidence = np.array([0.9, 0.8, 0.5]).reshape(1, 3, 1, 1)
    centres = np.array([[0.5, 0.5], [0.1, 0.1], [0.9, 0.9]]).reshape(1, 3, 1, 2)
    sides = np.full((1, 3, 1, 2), 0.2)
    classes = np.tile([0.0, 1.0], (1, 3, 1, 1))
    outputs = (confidence, centres, sides, classes)
    scores, found, labels = course.yolo_eval(outputs, image_shape=(100, 200))
    assert scores.tolist() == [0.9, 0.8]
    assert found == pytest.approx(np.array([[80, 40, 120, 60], [0, 0, 40, 20]]))
    assert labels.tolist() == [1, 1]
    assert len(course.yolo_eval(outputs, (100, 200), max_boxes=1)[0]) == 1


class Noise:
    """A network whose answer is noise: boxes that are everywhere, and of any size."""

    compiled = True

    def predict_on_batch(self, _) -> np.ndarray:
        return np.random.default_rng(3).normal(0, 4, (1, 6, 9, 2 * 7)).astype(np.float32)


@pytest.mark.parametrize("resize", ["letterbox", "stretch"])
@pytest.mark.parametrize("shape", [(60, 90, 3), (300, 20, 3)])
def test_no_box_is_outside_of_the_picture_or_too_thin_to_be_seen(resize: str, shape) -> None:
    cfg = darknet.parse(compact.cfg(96, 144, 2, [(1.0, 2.0), (0.01, 0.01)], 4), "noise.cfg")
    detector = Detector(Noise(), cfg, weights.Header(0, 2, 5, 0), ["x", "y"], resize)
    everything = Profile(0.0, 1.0, best_class_only=True, per_class=True)
    found = detector.detect_in(np.zeros(shape, np.uint8), everything)
    assert 10 < len(found) < 6 * 9 * 2  # some were left out
    for one in found:
        assert 0 <= one.x1 < one.x1 + 1 < one.x2 <= shape[1]
        assert 0 <= one.y1 < one.y1 + 1 < one.y2 <= shape[0]


def test_a_box_of_a_pixel_or_less_or_of_no_number_is_not_seen() -> None:
    for unseen in ([5, 5, 5, 50], [5, 5, 6, 50], [9, 5, 5, 50], [5, 5, np.nan, 50]):
        assert not boxes.is_visible(np.array(unseen, float))
    assert boxes.is_visible(np.array([5, 5, 6.005, 6.1]))


def test_letterbox_and_back() -> None:
    # 200x100 into 50x50: 50x25, 12 rows of grey above it.
    assert inner((100, 200, 3), 50, 50, "letterbox") == (12, 0, 25, 50)
    assert inner((100, 200, 3), 50, 50, "stretch") == (0, 0, 50, 50)
    whole = np.array([[0, 12 / 50, 1, 37 / 50]])
    assert to_pixels(whole, (100, 200, 3), 50, 50, "letterbox") == pytest.approx(
        np.array([[0, 0, 200, 100]])
    )
    beyond = np.array([[-1.0, -1, 2, 2]])
    assert to_pixels(beyond, (100, 200, 3), 50, 50, "stretch").tolist() == [[0, 0, 200, 100]]


def test_fitting_keeps_colours_and_fills_with_grey() -> None:
    red = np.zeros((100, 200, 3), np.uint8)
    red[..., 0] = 255
    fitted = fit(red, 50, 50, "letterbox")
    assert fitted.dtype == np.float32
    assert fitted[25, 25].tolist() == [1, 0, 0]
    assert fitted[0, 0] == pytest.approx([0.5, 0.5, 0.5], abs=0.003)
