"""Average precision worked out by hand, and COCO's beside it."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import precision, scoring

LABELS = ("cat", "dog")
A, B = [0, 0, 10, 10], [20, 20, 30, 30]
ASIDE = [50, 50, 60, 60]


def scored(truth: list[precision.Objects], found: list[precision.Objects]) -> dict:
    return scoring.metrics(truth, found, scoring.rankings(truth, found, LABELS))


def test_two_objects_found_with_one_mistake_between() -> None:
    # Right, wrong, right: recall 1/2 1/2 1, precision 1 1/2 2/3.
    truth = [precision.known([A, B], [0, 0])]
    found = [precision.detected([A, ASIDE, B], [0, 0, 0], [0.9, 0.8, 0.7])]
    recall, precisions = precision.rank(truth, found, 0).curve()
    assert recall.tolist() == [0.5, 0.5, 1]
    assert precisions == pytest.approx([1, 1 / 2, 2 / 3])
    # All points: 1/2 at precision 1, 1/2 at 2/3. Eleven points: 6 up to recall 0.5 at 1, 5 at 2/3.
    assert precision.voc_average_precision(recall, precisions) == pytest.approx(5 / 6)
    assert precision.voc07_average_precision(recall, precisions) == pytest.approx((6 + 10 / 3) / 11)


def test_eleven_points_are_tenths_of_the_recall_whatever_is_rounded() -> None:
    for recall, points in ((0.55, 6), (1 - 0.9, 2)):  # 1 - 0.9 is a little below 0.1
        found = precision.voc07_average_precision(np.array([recall]), np.array([1.0]))
        assert found == pytest.approx(points / 11)


def test_a_class_that_no_picture_has_is_not_divided_by() -> None:
    truth = [precision.known([A], [1])]
    found = [precision.detected([A], [0], [0.9])]
    recall, precisions = precision.rank(truth, found, 0).curve()
    assert (recall.tolist(), precisions.tolist()) == ([0], [0])


def test_nothing_is_ranked_of_no_pictures() -> None:
    ranking = precision.rank([], [], 0)
    assert (ranking.scores.tolist(), ranking.hits.tolist()) == ([], [])


def test_an_object_of_a_part_of_a_pixel_is_a_small_one() -> None:
    truth = [precision.known([[0, 0, 0.5, 0.5]], [0])]
    (size,) = precision.coco_by_size(truth, truth, [640 * 480])
    assert size == "small"


def test_a_second_box_on_one_object_is_wrong() -> None:
    truth = [precision.known([A], [0])]
    found = [precision.detected([A, A], [0, 0], [0.9, 0.8])]
    assert precision.rank(truth, found, 0).curve()[1].tolist() == [1, 0.5]


def test_overlap_of_a_half_counts_and_less_does_not() -> None:
    truth = [precision.known([[0, 0, 10, 10]], [0])]
    half, less = [0, 0, 10, 5], [0, 0, 10, 4.9]
    for box, hit in ((half, 1), (less, 0)):
        found = [precision.detected([box], [0], [1.0])]
        assert precision.rank(truth, found, 0).curve()[0].tolist() == [hit]


def test_difficult_objects_count_on_neither_side() -> None:
    truth = [precision.known([A, B], [0, 0], [False, True])]
    found = [precision.detected([B, A], [0, 0], [0.9, 0.8])]
    recall, precisions = precision.rank(truth, found, 0).curve()
    assert recall.tolist() == [0, 1]
    assert precision.voc_average_precision(recall, precisions) == 1


def test_what_lies_in_a_difficult_object_counts_on_neither_side() -> None:
    crowd, car = [0, 0, 40, 10], [50, 0, 60, 10]
    truth = [precision.known([crowd, car], [0, 0], [True, False])]
    within, half, mostly_outside = [10, 0, 20, 10], [-5, 0, 5, 10], [-6, 0, 4, 10]
    for aside, precisions in ((within, [0, 1]), (half, [0, 1]), (mostly_outside, [0, 0.5])):
        found = [precision.detected([aside, car], [0, 0], [0.9, 0.8])]
        recall, found_precisions = precision.rank(truth, found, 0).curve()
        assert recall.tolist() == [0, 1]
        assert found_precisions.tolist() == precisions


def test_coco_counts_difficult_objects_on_neither_side() -> None:
    truth = [precision.known([A, B], [0, 0], [False, True])]
    missed = [precision.detected([A], [0], [0.8])]
    # Found twice, and once in a part of it: a crowd holds many.
    found = [precision.detected([B, A, B, [20, 20, 25, 25]], [0] * 4, [0.9, 0.8, 0.7, 0.95])]
    for boxes in (missed, found):
        assert precision.coco_average_precision(truth, boxes) == pytest.approx(
            {"ap": 1, "ap50": 1, "ap75": 1}
        )
    aside = [precision.detected([ASIDE, A], [0, 0], [0.9, 0.8])]
    assert precision.coco_average_precision(truth, aside)["ap"] == pytest.approx(0.5)


def test_where_all_is_difficult_nothing_can_be_scored() -> None:
    truth = [precision.known([A], [0], [True])]
    with pytest.raises(UserError, match="nothing to find: expected objects that are not marked"):
        scored(truth, [precision.detected([A], [0], [0.9])])


def test_scores_rank_over_all_pictures_and_classes_average() -> None:
    truth = [precision.known([A], [0]), precision.known([A, B], [0, 1])]
    found = [
        precision.detected([ASIDE], [0], [0.95]),
        precision.detected([A, B], [0, 1], [0.9, 0.5]),
    ]
    # Class 0: wrong, right of two objects: 1/2 * 1/2. Class 1: 1.
    assert scored(truth, found)["ap50"] == (0.25 + 1) / 2


def test_coco_agrees_where_all_is_found_and_where_a_box_is_loose() -> None:
    truth = [precision.known([A], [3])]
    exact = [precision.detected([A], [3], [0.9])]
    assert precision.coco_average_precision(truth, exact) == pytest.approx(
        {"ap": 1, "ap50": 1, "ap75": 1}
    )
    # IoU 0.72: right at 0.50, 0.55, ... 0.70, five of ten thresholds.
    loose = [precision.detected([[0, 0, 10, 7.2]], [3], [0.9])]
    assert precision.coco_average_precision(truth, loose) == pytest.approx(
        {"ap": 0.5, "ap50": 1, "ap75": 0}
    )


def test_sizes_are_parts_of_the_picture() -> None:
    # In a picture of 320x240, COCO's limit of 32 pixels a side is one of 16.
    small, medium = [0, 0, 15, 15], [100, 100, 117, 117]
    truth = [precision.known([small, medium], [0, 0])]
    found = [precision.detected([medium], [0], [0.9])]
    assert precision.coco_by_size(truth, found, [320 * 240]) == {
        "small": {"ap": 0, "ap50": 0, "objects": 1},
        "medium": {"ap": pytest.approx(1), "ap50": pytest.approx(1), "objects": 1},
    }
    (only,) = precision.coco_by_size(truth, found, [640 * 480])
    assert only == "small"
    none = [precision.detected([], [], [])]
    assert precision.coco_by_size(truth, none, [320 * 240])["medium"]["ap"] == 0


@pytest.mark.parametrize("zoom", [1, 2])  # of COCO's 640x480
def test_sizes_are_32_and_96_pixels_squared_in_cocos_pictures(zoom: int) -> None:
    sides = (31.99, 32, 95.99, 96, 97)
    truth = [precision.known([[0, 0, zoom * side, zoom * side] for side in sides], [0] * 5)]
    found = precision.coco_by_size(truth, truth, [zoom**2 * 640 * 480])
    counts = {size: numbers["objects"] for size, numbers in found.items()}
    assert counts == {"small": 1, "medium": 2, "large": 2}


def test_a_size_counts_all_objects_of_the_classes_that_have_it() -> None:
    """A dozen cats, where COCO has a number for the best ten as well, and one dog, a large one."""
    cats = [[50 * at, 0, 50 * at + 20, 200] for at in range(12)]  # 4,000 pixels each
    truth = [precision.known([*cats, [0, 200, 300, 400]], [0] * 12 + [1])]
    found = [precision.detected(truth[0].boxes_xyxy, truth[0].classes, np.linspace(1, 0.5, 13))]
    whole = pytest.approx({"ap": 1, "ap50": 1})
    sizes = precision.coco_by_size(truth, found, [640 * 480])
    assert [(name, one.pop("objects")) for name, one in sizes.items()] == [
        ("medium", 12),
        ("large", 1),
    ]
    assert list(sizes.values()) == [whole, whole]


def test_a_picture_in_which_nothing_is_found_is_a_miss() -> None:
    truth, none = precision.known([A], [0]), precision.detected([], [], [])
    found = precision.detected([A], [0], [0.9])
    ap = precision.coco_average_precision([truth] * 2, [found, none])
    assert ap["ap50"] == pytest.approx(51 / 101)  # precision 1 at recalls up to a half


def test_the_interval_of_precision_is_of_95_percent() -> None:
    """Of 400 pictures half are right: a share, whose interval is known."""
    hits = np.arange(400) % 2
    ranking = precision.Ranking(np.arange(400), np.ones(400), hits, np.ones(400, int))
    low, high = precision.interval(precision.bootstrap([ranking]))
    middle = precision.voc_average_precision(*ranking.curve())
    assert 0.15 < low < middle < high < 0.35


def test_an_interval_leaves_out_two_and_a_half_percent_on_each_side() -> None:
    samples = np.arange(1001.0)[:, None]
    assert precision.interval(samples) == pytest.approx((25, 975))
    one = precision.Ranking(np.zeros(1, int), np.ones(1), np.ones(1), np.ones(1, int))
    assert precision.bootstrap([one]).shape == (1000, 1)


def test_classes_share_samples_and_count_where_there_are_any() -> None:
    one, rare = np.ones(5, int), np.array([1, 0, 0, 0, 0])
    often = precision.Ranking(np.arange(5), np.ones(5), np.array([1, 0, 1, 1, 0]), one)
    seldom = precision.Ranking(np.array([0]), np.ones(1), np.ones(1), rare)
    samples = precision.bootstrap([often, seldom], repeats=400)
    absent = np.isnan(samples[:, 1])
    assert absent.mean() == pytest.approx(0.8**5, abs=0.08)  # of five pictures, none is the first
    assert (samples[~absent, 1] == 1).all()
    alone = precision.bootstrap([often], repeats=400)
    assert np.array_equal(samples[:, :1], alone)
    assert precision.interval(samples[absent]) == precision.interval(samples[absent, :1])
    assert precision.interval(samples[:, [1]]) == (1, 1)


def test_nothing_found_is_zero() -> None:
    truth, none = [precision.known([A], [0])], [precision.detected([], [], [])]
    assert scored(truth, none)["voc07_ap50"] == 0
    assert precision.coco_average_precision(truth, none) == {"ap": 0, "ap50": 0, "ap75": 0}


def test_coco_and_voc_agree_on_random_detections() -> None:
    generator = np.random.default_rng(0)
    corners = generator.uniform(0, 80, (40, 2))
    objects = np.concatenate([corners, corners + generator.uniform(5, 20, (40, 2))], axis=1)
    moved = objects + generator.normal(0, 1.5, objects.shape)
    truth = [precision.known(objects[at : at + 4], np.zeros(4)) for at in range(0, 40, 4)]
    found = [
        precision.detected(moved[at : at + 4], np.zeros(4), generator.random(4))
        for at in range(0, 40, 4)
    ]
    # COCO samples the curve at 101 recalls, so the two differ by about a hundredth.
    voc = scored(truth, found)["ap50"]
    assert precision.coco_average_precision(truth, found)["ap50"] == pytest.approx(voc, abs=0.02)


def test_a_box_without_area_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"has no area: \[5.0, 5.0, 5.0, 9.0\]"):
        precision.known([[5, 5, 5, 9]], [0])
