"""A metric as a sentence: what a number means to somebody who does not know its name."""

from collections.abc import Callable, Mapping
from typing import Any

from fivenets.runs.report import Report

Numbers = Mapping[str, Any]
NEW = " it was not trained on"
WHOSE = "whose"  # who is on the pictures, beside an evaluation's numbers
UNSEEN = "unseen"  # the part of an evaluation of faces that is of people kept from training


def headline(report: Report, metric: str) -> str:
    """What `metric` says, with what it was counted over.

    A metric such as signs_accuracy is the accuracy of its part `signs`.
    """
    value = report.metrics[metric]
    if value is None:
        return f"{metric}: unknown"
    for name, say in SENTENCES.items():
        part = metric.removesuffix(name).rstrip("_")
        numbers = report.metrics.get(part) if part else report.metrics
        if metric.endswith(name) and isinstance(numbers, Mapping):
            is_new = part == UNSEEN if part else report.of_new_people(metric)
            about = {**numbers, WHOSE: _whose(report)}
            return say(value, about, NEW if is_new else "")
    return f"{metric}: {value:.3f}"


def _whose(report: Report) -> str:
    """Who is on the test pictures of a classifier, where it was not trained on them."""
    names = report.test_people
    if isinstance(names, int) or len(names) != 1:
        return "people"
    return "a hand" if names[0].startswith("hand") else "one person"


def _percent(share: float) -> str:
    return "100%" if share == 1 else f"{share:.1%}"


def _accuracy(value: float, numbers: Numbers, new: str) -> str:
    if "pairs" in numbers:
        return f"right for {_percent(value)} of {numbers['pairs']:,} pairs of pictures"
    right = value * numbers["examples"]
    is_count = abs(right - round(right)) < 1e-3
    share = f"{round(right):,}" if is_count else _percent(value)
    people = f" of {numbers[WHOSE]}{new}" if new else ""
    return f"right for {share} of {numbers['examples']:,} test pictures{people}"


def _auc(value: float, numbers: Numbers, new: str) -> str:
    return (
        "two pictures of one person are closer than two of different people in "
        f"{_percent(value)} of comparisons (chance: 50%; {numbers['people']:,} people{new})"
    )


def _agreement(value: float, numbers: Numbers, new: str) -> str:
    engines = " and ".join(numbers.get("same_detections", ())) or "other engines"
    return (
        f"the same boxes as {engines} in {_percent(value)} of comparisons, on "
        f"{numbers['examples']:,} pictures: this proves the conversion, not the network"
    )


def _ap50(value: float, numbers: Numbers, new: str) -> str:
    return (
        f"{numbers['objects']:,} objects of {len(numbers['by_class'])} classes are found with a "
        f"mean average precision of {value:.3f} (1: all of them, and nothing else)"
    )


def _miou(value: float, numbers: Numbers, new: str) -> str:
    return (
        f"the marked and the true pixels of a class overlap by {_percent(value)}, as the mean of "
        f"{len(numbers['by_class'])} classes on {numbers['examples']:,} pictures"
    )


def _located(value: float, numbers: Numbers, new: str) -> str:
    share = f"{_percent(value)} of {numbers['examples']:,} test pictures"
    if "mean_error" in numbers:
        return (
            f"in {share} the points are on average nearer to where they belong than 8% of the "
            "distance between the eyes"
        )
    return f"right for {share}: whether there is an object, which, and where (overlapping by half)"


def _style_reduction(value: float, numbers: Numbers, new: str) -> str:
    return (
        f"{_percent(value)} of the photograph's distance from the style is gone in the painting; "
        "this is the very thing that was optimised, and no measure of how good it looks"
    )


SENTENCES: dict[str, Callable[[float, Numbers, str], str]] = {
    "accuracy": _accuracy,
    "auc": _auc,
    "agreement": _agreement,
    "ap50": _ap50,
    "miou": _miou,
    "located": _located,
    "style_reduction": _style_reduction,
}
