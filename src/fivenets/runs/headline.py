"""A metric as a sentence: what a number means to somebody who does not know its name."""

from collections.abc import Callable, Mapping
from typing import Any

from fivenets.sources.origin import Origin, are_drawn

Numbers = Mapping[str, Any]
NEW = " it was not trained on"
UNSEEN = "unseen"  # the part of an evaluation of faces that is of people kept from training


def headline(metrics: Numbers, metric: str, *, of_new_people: bool = False) -> str:
    """What `metric` says, with what it was counted over.

    Args: metrics: all that an evaluation left. A metric such as signs_accuracy is the accuracy of
        its part `signs`.
        of_new_people: whether what it was scored on shows people who were kept from training.
    """
    value = metrics[metric]
    if value is None:
        return f"{metric}: unknown"
    for name, say in SENTENCES.items():
        part = metric.removesuffix(name).rstrip("_")
        numbers = metrics.get(part) if part else metrics
        if metric.endswith(name) and isinstance(numbers, Mapping):
            is_new = part == UNSEEN or (of_new_people and not part)
            return say(value, numbers, NEW if is_new else "")
    return f"{metric}: {value:.3f}"


def are_new_people(
    parameters: Mapping[str, str], made_from: list[Origin], on: list[Origin]
) -> bool:
    """Whether a classifier's own metric is of people who were kept from its training.

    They are where the data tell people apart, if all data that were asked for could be had: with a
    data set, its people are gone.
    Args: parameters: of its training's record.
    """
    asked = {
        key.removeprefix("data.dataset.") for key in parameters if key.startswith("data.dataset.")
    }
    is_all_there = asked - {"drawn"} <= {origin.asset for origin in made_from}
    is_kept = parameters.get("data.test_people", "[]") != "[]"
    return is_kept and is_all_there and not are_drawn(on)


def _percent(share: float) -> str:
    return "100%" if share == 1 else f"{share:.1%}"


def _accuracy(value: float, numbers: Numbers, new: str) -> str:
    if "pairs" in numbers:
        return f"right for {_percent(value)} of {numbers['pairs']:,} pairs of pictures"
    right = value * numbers["examples"]
    is_count = abs(right - round(right)) < 1e-3
    share = f"{round(right):,}" if is_count else _percent(value)
    people = f" of people{new}" if new else ""
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


def _style_reduction(value: float, numbers: Numbers, new: str) -> str:
    return f"{_percent(value)} of the photograph's distance from the style is gone in the painting"


SENTENCES: dict[str, Callable[[float, Numbers, str], str]] = {
    "accuracy": _accuracy,
    "auc": _auc,
    "agreement": _agreement,
    "ap50": _ap50,
    "miou": _miou,
    "style_reduction": _style_reduction,
}
