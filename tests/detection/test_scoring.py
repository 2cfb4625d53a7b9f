"""What is said of a detector on pictures whose objects are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fivenets.datasets.objects.prepared import ObjectDataset, ObjectExample, ObjectSettings
from fivenets.detection import precision, scoring
from fivenets.detection.detector import Detection
from fivenets.sources.origin import Kind, Origin

LABELS = ("car", "bus", "tram")


def example(*objects: tuple[int, float]) -> ObjectExample:
    """A picture of 100 by 50 pixels with boxes 20 pixels wide, by class and left edge."""
    boxes = [[left / 100, 0.2, (left + 20) / 100, 0.6] for _, left in objects]
    classes = np.array([label for label, _ in objects], int)
    image = np.zeros((50, 100, 3), np.uint8)
    return ObjectExample(image, np.reshape(boxes, (-1, 4)), classes, np.zeros(len(classes), bool))


def detection(label: int, left: float, score: float) -> Detection:
    return Detection(LABELS[label], score, left, 10, left + 20, 30)


EXAMPLES = [example((0, 10), (1, 60)), example((0, 30)), example()]
FOUND = [
    [detection(0, 10, 0.9), detection(1, 60, 0.8)],
    [detection(0, 31, 0.7), detection(0, 70, 0.8)],  # one pixel off: IoU 19/21; one of nothing
    [],
]


def test_numbers_of_two_classes_and_one_mistake() -> None:
    truth, found = scoring.truth_of(EXAMPLES), scoring.as_objects(FOUND, LABELS)
    assert truth[0].boxes_xyxy[1].tolist() == pytest.approx([60, 10, 80, 30])
    ranked = scoring.rankings(truth, found, LABELS)
    assert list(ranked) == ["car", "bus"]  # there is no tram to find
    numbers = scoring.metrics(truth, found, ranked)
    # Cars: right, wrong, right of two: 1/2 + 1/2 * 2/3. The bus: 1.
    # Of the pictures with a car, a sample may have one alone: found, or missed.
    assert numbers["by_class"]["car"] == {
        "ap50": pytest.approx(5 / 6),
        "ap50_low": pytest.approx(0, abs=0.5),
        "ap50_high": 1,
        "objects": 2,
    }
    assert numbers["ap50"] == pytest.approx((5 / 6 + 1) / 2)
    assert numbers["voc07_ap50"] == pytest.approx(((6 + 5 * 2 / 3) / 11 + 1) / 2)
    assert numbers["coco_ap50"] == pytest.approx(numbers["ap50"], abs=0.01)
    # One bin each for 0.9 and 0.7, both right; two in that of 0.8, of which one is.
    assert numbers["score_error"] == pytest.approx((0.1 + 0.3 + 0.6) / 4)
    assert (numbers["examples"], numbers["objects"]) == (3, 3)
    assert scoring.also(numbers).startswith("car 0.83, bus 1.00; VOC 2007 0.924, COCO AP 0.")
    rows = scoring.curve_rows(ranked)
    assert [(row["class"], row["recall"]) for row in rows] == [
        ("car", 0.5),
        ("car", 0.5),
        ("car", 1),
        ("bus", 1),
    ]
    legend = scoring.curves(ranked).axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "car: AP50 0.833 (2 objects)",
        "bus: AP50 1.000 (1 objects)",
    ]


def test_a_picture_drawn_twice_counts_twice() -> None:
    truth, found = scoring.truth_of(EXAMPLES), scoring.as_objects(FOUND, LABELS)
    cars = precision.rank(truth, found, 0)
    recall, precisions = cars.curve(np.array([2, 1, 0]))
    # Right, right, wrong, right of three cars; the two of one picture come at once.
    assert recall == pytest.approx([2 / 3, 2 / 3, 1])
    assert precisions == pytest.approx([1, 2 / 3, 3 / 4])


def test_the_interval_holds_the_value_and_is_a_point_where_all_pictures_are_alike() -> None:
    truth, found = scoring.truth_of(EXAMPLES), scoring.as_objects(FOUND, LABELS)
    low, high = precision.interval(precision.bootstrap([precision.rank(truth, found, 0)]))
    assert low < 5 / 6 < high
    assert high == 1
    same = precision.rank([truth[0]] * 5, [found[0]] * 5, 0)
    assert precision.interval(precision.bootstrap([same], repeats=50)) == (1, 1)


def test_each_data_set_is_scored_by_itself_and_the_first_with_objects_leads(monkeypatch) -> None:
    empty = Origin("empty", Kind.MIRROR, "2", "free")
    origins = [empty, Origin("photos", Kind.MIRROR, "0", "free"), Origin.drawn("scenes", "1")]
    dataset = ["gone", "empty", "photos", "scenes"]
    settings = ObjectSettings(dataset=dataset, train="train", test="test")
    names = ("photos", "photos", "scenes")
    tested = [replace(one, source=name) for one, name in zip(EXAMPLES, names, strict=True)]
    tested.append(replace(EXAMPLES[0], source="scenes"))
    tested.append(replace(example(), source="empty"))
    source = {"sources": [one.record() for one in origins], "left_out": ["gone"]}
    data = ObjectDataset(settings, LABELS, source, tested, tested)
    said = {id(one): found for one, found in zip(tested, [*FOUND, [], []], strict=True)}
    monkeypatch.setattr(scoring, "detect", lambda _, examples: [said[id(one)] for one in examples])
    detector: Any = type("Knower", (), {"labels": LABELS})()
    photos, scenes = scoring.by_source(detector, data)
    assert photos.record()["ap50"] == pytest.approx((5 / 6 + 1) / 2)
    assert photos.record()["scored_on"] == [origins[1].record()]
    assert (scenes.record()["ap50"], scenes.record()["examples"]) == (0, 2)
    assert scenes.in_words() == "ap50 0.000 on scenes (builtin)"


def test_scores_next_to_nothing_and_difficult_objects_are_not_asked_for_calibration() -> None:
    def ranking(scores: list[float], hits: list[float]) -> precision.Ranking:
        pictures = np.zeros(len(scores), int)
        return precision.Ranking(pictures, np.array(scores), np.array(hits), np.array([9]))

    assert scoring.score_error([ranking([0.1, 0.09], [1, 0]), ranking([0.6], [-1])]) == (
        pytest.approx(0.9)
    )
    assert scoring.score_error([ranking([0.05, 0.9], [0, -1])]) is None
