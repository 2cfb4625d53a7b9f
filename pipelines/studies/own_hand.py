"""What some pictures of one's own hand bring: `own_hand.py [EACH]`.

A hand of `test_people` plays the user's: EACH of its pictures of every sign (4), cut out, stand in
a folder that `hands.dataset` names, as README says. Trained with and without that folder by the
recipe of signs-compact, and scored on the hand's other pictures. Of the folder, `hands` keeps a
part to validate and test with; the hand of `validation_people` calibrates both. Minutes for each;
writes reports/studies/own-hand.json.
"""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fivenets.classification import answers, starting
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.classification import parts, preparation, prepared
from fivenets.datasets.classification.parts import MASSEY, Picture
from fivenets.runs import study

MODEL, RAW = "signs-compact", Path("data/raw")
WEIGHT = 1.0  # of the folder, beside the other sets
TRIMMED = 2  # pixels at each edge: files of the very same pictures would be left out as copies


def main(each: str = "4") -> None:
    settings = params.settings(prepared.DataSettings, "hands")
    part = parts.read(MASSEY, settings, params.load("data", "source"), RAW)
    if part is None:
        raise UserError("massey_digits is unavailable: expected a mirror (FIVENETS_MIRROR)")
    hand = [one for one in part.pictures if one.split == "test"]  # in the order of the test set
    own = chosen([one.label for one in hand], int(each))
    found: dict[str, Any] = {"command": study.command(), "pictures": int(own.sum())}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "my-hand")
        write(folder, [one for one, is_own in zip(hand, own, strict=True) if is_own])
        for name, more in {"without": {}, "with": {str(folder): WEIGHT}}.items():
            changed = replace(settings, dataset={**settings.dataset, **more})
            found[name] = _scores(changed, ~own, Path(scratch, name))
            print(name, found[name], flush=True)
    print(study.write("own-hand", found))


def chosen(labels: list[str], each: int) -> np.ndarray:
    """(n,) whether a picture is one of the first `each` of its label."""
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        found.append(seen[label] < each)
        seen[label] += 1
    return np.array(found)


def write(folder: Path, hand: list[Picture]) -> None:
    """`folder`/SIGN/NUMBER.png of each picture, its background transparent."""
    for number, one in enumerate(hand):
        file = folder / one.label / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one.image[TRIMMED:-TRIMMED, TRIMMED:-TRIMMED]).save(file)


def _scores(
    settings: prepared.DataSettings, others: np.ndarray, scratch: Path
) -> dict[str, dict[str, Any]]:
    """A training's numbers on the hand's `others` of its (n,) pictures."""
    source = params.load("data", "source")
    preparation.prepare(settings, source, scratch / "data", RAW)
    data = prepared.load(scratch / "data", settings)
    recipe, weights = starting.started(
        params.settings(ClassifierRecipe, MODEL, "train"), source, RAW
    )
    data = data.at(recipe.image_size or data.image_size)
    pretrained = starting.loading(recipe, weights)
    network, _ = train(data, recipe, scratch / "checkpoints", pretrained=pretrained)
    classifier = answers.calibrated(network, data, recipe)
    found = answers.of(classifier, data)
    is_hand = np.isin(data.column("test", "person"), settings.test_people)
    scored = {}
    for name, background in (("walls", "wall"), ("photographs", "photograph")):
        of_hand = np.flatnonzero(is_hand & (data.column("test", "background") == background))
        where = np.zeros(len(found.labels), bool)
        where[of_hand[others]] = True
        scored[name] = found.metrics(where)
    signs = found.metrics(found.sources == "signs")
    return scored | {"signs": signs, "others_rejected": found.others_rejected}


if __name__ == "__main__":
    stage.run(main)
