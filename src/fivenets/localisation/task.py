"""Localisation as the stages, the registry and the command line know it."""

from dataclasses import asdict
from typing import Any

import numpy as np

from fivenets.core import files, listing, params
from fivenets.core.candidates import Candidate
from fivenets.core.metrics import Page
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.datasets.places import preparation, prepared
from fivenets.localisation import drawing, scoring
from fivenets.localisation.augmentation import WHOLE, warped
from fivenets.localisation.locator import Locator
from fivenets.localisation.settings import LocaliserRecipe
from fivenets.localisation.training import train
from fivenets.sources.origin import caution


def training(candidate: Candidate) -> Making:
    """A network by its recipe, from the prepared data."""
    recipe = params.settings(LocaliserRecipe, candidate.name, "train")
    data = prepared.of_section(candidate.data)

    def make(log: Log) -> Rows:
        network, rows = train(data, recipe, candidate.checkpoints, log.log_epoch)
        Locator(network, data.labels, data.form, caution(data.origins)).save(candidate.file)
        return rows

    return Making(asdict(recipe) | {"data": asdict(data.settings)}, data.origins, make)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """What share of the test split is located; leaves pictures with the truth beside the answer."""
    data = prepared.of_section(candidate.scored_on)
    locator = Locator.from_file(candidate.file)
    seen = [warped(one.image_rgb_uint8, WHOLE, locator.size) for one in data.test]
    found = locator.located(seen)
    if data.form == "box":
        metrics = scoring.of_boxes(data.test, found, data.labels)
    else:
        metrics = scoring.of_points(data.test, found)
    shown = params.settings(Page, candidate.name, "evaluate").shown
    chosen = np.linspace(0, len(found) - 1, min(shown, len(found))).astype(int)
    drawing.page(
        [data.test[index].image_rgb_uint8 for index in chosen],
        [_true(data.test[index], data.form) for index in chosen],
        [
            None if data.form == "box" and not one.is_there else one.coordinates
            for one in (found[index] for index in chosen)
        ],
        data.form,
    ).save(candidate.pictures / "located.png")
    files.write_rows(candidate.tables / "located.csv", [one.row() for one in found])
    is_helen = any(origin.asset == "helen68" for origin in data.origins)
    beside = f"; {scoring.PUBLISHED}" if is_helen else ""
    return {
        **metrics,
        "parameters": locator.network.count_params(),
        "scored_on": [origin.record() for origin in data.origins],
        "also": f"{scoring.in_words(metrics)}{beside}",
    }


def _true(example: prepared.PlaceExample, form: str) -> np.ndarray | None:
    places = example.coordinates.reshape(-1, 2)
    if form == "box":
        return None if example.label < 0 else places[0] + [[-0.5], [0.5]] * places[1]
    return places


TASK = Task(
    name="localisation",
    prepare=preparation.prepare,
    listed=listing.everything,
    train=training,
    evaluate=evaluate,
    service=Service(
        script="object_locator.py",
        example="example_face.png",
        use="pictures of one thing in, whether it is there, what it is and where out",
        limits="Looks at the whole picture and answers once: of several objects it finds one, or a "
        "place between them. For points of faces, a picture should be one face, cut out.",
        limits_of_builtin="Trained on drawn pictures: expect little of it on photographs.",
        command="landmarks face.jpg --out dots.png",
        commands={("data.dataset", "windows"): "locate photo.jpg --out box.png"},
        requirements=("opencv-contrib-python-headless",),
    ),
)
