"""A classifier's recipe, trained without each hand of massey_digits: `other_hands.py MODEL`.

The hand after it is the one to calibrate by; what is scored is who is in neither. Beside it stand
the course's test pictures of SIGNS, by the same weights. `other_hands.py MODEL drawn` trains on
what is built in alone, and scores it on all hands and on SIGNS, none of which it has seen.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification import answers, starting
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import params, stage
from fivenets.datasets.classification import preparation, prepared
from fivenets.runs import study

HANDS = [f"hand{number}" for number in range(1, 6)]
DRAWN = "drawn"
RAW = Path("data/raw")


def main(name: str, *hands: str) -> None:
    recipe = params.settings(ClassifierRecipe, name, "train")
    if hands == (DRAWN,):
        of_drawn = {"command": study.command(), **_of_drawn(recipe)}
        print(json.dumps(of_drawn, indent=2))
        print(study.write(f"other-hands-{name}-{DRAWN}", of_drawn))
        return
    scored = {}
    for hand in hands or HANDS:
        scored[hand] = _without(hand, recipe)
        print(hand, json.dumps(scored[hand]), flush=True)
    accuracies = np.array([numbers["accuracy"] for numbers in scored.values()])
    found = {
        "command": study.command(),
        "hands": scored,
        "accuracy": accuracies.mean(),
        "interval_over_hands": study.interval(accuracies),
        "signs_accuracy": np.mean([numbers["signs_accuracy"] for numbers in scored.values()]),
        "calibration_error": np.mean([numbers["calibration_error"] for numbers in scored.values()]),
    }
    file = study.write(f"other-hands-{name}", found)
    print(f"{found['accuracy']:.3f} over hands {found['interval_over_hands']}; {file}")


def _without(hand: str, recipe: ClassifierRecipe) -> dict[str, Any]:
    """What a training answers that has seen neither this hand nor the next one."""
    following = HANDS[(HANDS.index(hand) + 1) % len(HANDS)]
    settings = params.settings(prepared.DataSettings, "hands")
    settings = replace(settings, validation_people=[following], test_people=[hand])
    source = params.load("data", "source")
    with tempfile.TemporaryDirectory() as scratch:
        data = _prepared(settings, source, Path(scratch, "hands"))
        recipe, weights = starting.started(recipe, source, RAW)
        data = data.at(recipe.image_size or data.image_size)
        pretrained = starting.loading(recipe, weights)
        network, rows = train(data, recipe, Path(scratch, "checkpoints"), pretrained=pretrained)
        classifier = answers.calibrated(network, data, recipe)
        numbers = _numbers(answers.of(classifier, data))
    return numbers | {"seconds": round(sum(row["seconds"] for row in rows), 1)}


def _of_drawn(recipe: ClassifierRecipe) -> dict[str, Any]:
    settings = params.settings(prepared.DataSettings, "hands")
    real = replace(
        settings, dataset={"signs": 1.0, "massey_digits": 1.0}, test_people=HANDS,
        validation_people=[], examples=100,
    )  # fmt: skip
    recipe, weights = starting.started(recipe, "builtin", RAW)
    with tempfile.TemporaryDirectory() as scratch:
        size = recipe.image_size or settings.image_size
        drawn = _prepared(settings, "builtin", Path(scratch, "drawn")).at(size)
        photographed = _prepared(real, params.load("data", "source"), Path(scratch, "real")).at(
            size
        )
        pretrained = starting.loading(recipe, weights)
        network, _ = train(drawn, recipe, Path(scratch, "checkpoints"), pretrained=pretrained)
        classifier = answers.calibrated(network, drawn, recipe)
        return _numbers(answers.of(classifier, photographed))


def _prepared(settings: prepared.DataSettings, source: str, folder: Path) -> prepared.ImageDataset:
    preparation.prepare(settings, source, folder, RAW)
    return prepared.load(folder, settings)


def _numbers(found: answers.Answers) -> dict[str, Any]:
    is_massey = found.sources == "massey_digits"
    return found.metrics(found.is_new) | {
        "before_photographs": found.metrics(is_massey & ~found.is_plain)["accuracy"],
        "signs_accuracy": found.metrics(found.sources == "signs")["accuracy"],
        "others_rejected": found.others_rejected,
    }


if __name__ == "__main__":
    stage.run(main)
