"""A metric as a sentence says what was counted, and claims no more."""

from dataclasses import replace
from typing import Any

import pytest

from fivenets.runs.headline import headline
from fivenets.runs.report import Report
from fivenets.sources.origin import Kind, Origin

OF_PAIRS = {"accuracy": 0.9, "pairs": 4950, "auc": 0.75, "people": 1200, "examples": 3000}
NUMBERS: dict[str, Any] = {
    "accuracy": 143 / 150,
    "examples": 150,
    "signs_accuracy": 0.9,
    "signs": {"accuracy": 0.9, "examples": 120},
    "unseen_auc": 0.75,
    "unseen": OF_PAIRS,
    "agreement": 1.0,
    "same_detections": {"opencv 4": {}, "darknet": {}},
    "ap50": 0.0768,
    "miou": 0.5,
    "located": 0.9,
    "by_class": {"car": {}, "person": {}},
    "objects": 1475,
    "style_reduction": 0.998,
    "eer": 0.0123,
    "recall": None,
}


HANDS = Origin("massey_digits", Kind.MIRROR, "d1", "none")
DRAWN = Origin.drawn("drawn_hands", "d2")
OWN_AT = "~/pictures/my.hand"
OWN = Origin.own("my.hand", "d3", OWN_AT)
KEPT = {
    "data.dataset.massey_digits": "1.0",
    "data.dataset.drawn": "1.0",
    "data.test_people": "['hand2']",
}


def said_of(numbers: dict[str, Any], metric: str, parameters: dict[str, str] | None = None) -> str:
    return headline(Report(numbers, {"parameters": parameters or {}}, [HANDS, DRAWN]), metric)


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("accuracy", "right for 143 of 150 test pictures"),
        ("signs_accuracy", "right for 108 of 120 test pictures"),
        ("agreement", "the same boxes as opencv 4 and darknet in 100% of comparisons, on 150"),
        ("ap50", "1,475 objects of 2 classes are found with a mean average precision of 0.077"),
        ("miou", "the marked and the true pixels of a class overlap by 50.0%, as the mean of"),
        ("located", "right for 90.0% of 150 test pictures: whether there is an object"),
        (
            "style_reduction",
            "99.8% of the photograph's distance from the style is gone in the painting; this is "
            "the very thing that was optimised",
        ),
        ("eer", "eer: 0.012"),
        ("recall", "recall: unknown"),
    ],
)
def test_a_metric_in_words(metric: str, sentence: str) -> None:
    assert said_of(NUMBERS, metric).startswith(sentence)


def test_a_comparison_of_faces_says_over_how_many_people() -> None:
    said = said_of(NUMBERS, "unseen_auc")
    assert "in 75.0% of comparisons (chance: 50%; 1,200 people it was not trained on)" in said
    assert said_of(OF_PAIRS, "auc").endswith("1,200 people)")
    assert said_of(OF_PAIRS, "accuracy") == "right for 90.0% of 4,950 pairs of pictures"


def test_points_are_located_by_the_distance_between_the_eyes() -> None:
    said = said_of({"located": 0.903, "mean_error": 0.057, "examples": 330}, "located")
    assert said.startswith("in 90.3% of 330 test pictures the points are on average nearer")


def test_a_mean_that_is_no_count_stays_a_share() -> None:
    said = said_of({"accuracy": 0.955, "examples": 150}, "accuracy")
    assert said == "right for 95.5% of 150 test pictures"


def test_new_people_are_those_of_the_metric_and_of_no_part() -> None:
    said = said_of(NUMBERS, "accuracy", KEPT)
    assert said == "right for 143 of 150 test pictures of a hand it was not trained on"
    whose = {"['ann']": "one person", "['ann', 'bob']": "people", "10": "people"}
    for people, said in whose.items():
        parameters = KEPT | {"data.test_people": people}
        assert f" of {said} it was" in said_of(NUMBERS, "accuracy", parameters)
    assert "people" not in said_of(NUMBERS, "signs_accuracy", KEPT)


@pytest.mark.parametrize(
    ("parameters", "made_from", "scored_on", "are_new"),
    [
        (KEPT, [HANDS, DRAWN], HANDS, True),
        (KEPT, [HANDS, DRAWN], DRAWN, False),
        (KEPT, [replace(HANDS, asset="signs")], HANDS, False),  # hand2 could not be had
        (KEPT | {f"data.dataset.{OWN_AT}": "1.0"}, [HANDS, DRAWN, OWN], HANDS, True),
        (KEPT | {f"data.dataset.{OWN_AT}": "1.0"}, [DRAWN, OWN], OWN, False),  # nor could it here
        (KEPT | {"data.test_people": "[]"}, [HANDS, DRAWN], HANDS, False),
        ({}, [HANDS], HANDS, False),
    ],
)
def test_people_are_new_where_they_were_kept_from_training(
    parameters: dict[str, str], made_from: list[Origin], scored_on: Origin, are_new: bool
) -> None:
    metrics = {"scored_on": [scored_on.record()]}
    report = Report(metrics, {"parameters": parameters}, made_from)
    assert report.of_new_people("accuracy") is are_new
