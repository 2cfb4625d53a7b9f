"""A locator as it leaves the project: the notes' vector out, presence and classes as numbers."""

from pathlib import Path

import numpy as np

from fivenets.core.candidates import Candidate
from fivenets.datasets.places import prepared
from fivenets.exports.served import Outputs, Served, evenly, named
from fivenets.fitting import model_files
from fivenets.localisation import scoring
from fivenets.localisation.augmentation import WHOLE, warped
from fivenets.localisation.locator import Locator

OUTPUT = "answer"
MEANINGS = {
    "box": "a logit that something is there; its middle x, y, its width and height as parts of the "
    "sides; a logit of each label",
    "points": "a logit that something is there; x, y of each point as parts of the sides; a logit "
    "of each label",
}


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by the part of the test pictures that is located."""
    locator = Locator.from_file(file)
    data = prepared.of_section(candidate.scored_on)
    seen = evenly(data.train, calibrating)

    def located(outputs: Outputs) -> float:
        found = [locator.read(answer) for answer in outputs[OUTPUT]]
        if data.form == "box":
            return scoring.of_boxes(data.test, found, data.labels)["located"]
        return scoring.of_points(data.test, found)["located"]

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        places = slice(1, one[OUTPUT].shape[1] - len(locator.labels))
        return {"places_apart": float(np.abs(one[OUTPUT] - other[OUTPUT])[:, places].max())}

    return Served(
        network=named(model_files.load(file)[0], 255, [OUTPUT]),
        sides=(locator.size, locator.size),
        preparation=f"RGB, stretched to {locator.size} by {locator.size}"
        + (", of a face that is cut out and upright" if data.form == "points" else ""),
        meanings={OUTPUT: MEANINGS[data.form]},
        also={"labels": list(locator.labels)},
        pictures=np.stack([warped(one.image_rgb_uint8, WHOLE, locator.size) for one in data.test]),
        tested_on=str(candidate.scored_on),
        training=[warped(one.image_rgb_uint8, WHOLE, locator.size) for one in seen],
        metric="located",
        score=located,
        tolerance=0.01,
        apart=apart,
    )
