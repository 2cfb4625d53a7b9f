"""Segmentation as the stages, the registry and the command line know it."""

import csv
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from fivenets.core import images, listing, params
from fivenets.core.candidates import Candidate
from fivenets.core.metrics import Page
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.datasets.masks import preparation, prepared
from fivenets.fitting import distribution, imagenet
from fivenets.segmentation import drawing, scoring, unet_on_imagenet
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.settings import UNetRecipe
from fivenets.segmentation.training import train
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import caution

STREETS = ("camvid", "scenes")  # data sets whose classes photographs of streets show


def training(candidate: Candidate) -> Making:
    """A U-Net by its recipe, from the prepared data."""
    recipe = params.settings(UNetRecipe, candidate.name, "train")
    data = prepared.of_section(candidate.data)
    encoder, origins = None, data.origins
    starts, source = recipe.fine_tuning.start, params.load("data", "source")
    if starts and (found := imagenet.first(starts, source, Path("data/raw"))):
        start, weights = found
        encoder = partial(_encoder, start, weights.folder)
        recipe, origins = recipe.fine_tuned(), [*origins, weights.origin]
    is_recorded = distribution.keeps_results(recipe.distribute)

    def make(log: Log) -> Rows:
        network, rows = train(
            data, recipe, candidate.checkpoints, log.log_epoch, encoder, log.log_image
        )
        if not is_recorded:
            return rows
        seen_at = recipe.height, recipe.width, recipe.depth
        Segmenter(network, data.labels, *seen_at, caution(data.origins)).save(candidate.file)
        return rows

    return Making(asdict(recipe) | {"data": asdict(data.settings)}, origins, make, is_recorded)


def _encoder(architecture: str, folder: Path) -> keras.Model:
    """A contracting path with the weights of ImageNet in `folder`."""
    encoder = unet_on_imagenet.encoder(architecture)
    imagenet.load(encoder, architecture, folder)
    return encoder


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Intersection over union on the test split; leaves pictures beside their truth."""
    data = prepared.of_section(candidate.scored_on)
    segmenter = Segmenter.from_file(candidate.file)
    shown = params.settings(Page, candidate.name, "evaluate").shown
    on_page = set(np.linspace(0, len(data.test) - 1, min(shown, len(data.test))).astype(int))
    confusions, page = [], []
    for index, example in enumerate(data.test):
        found = segmenter.segment(example.image_rgb_uint8).mask
        confusions.append(scoring.confusion(example.mask, found, len(data.labels)))
        if index in on_page:
            pixels = example.image_rgb_uint8
            masks = [drawing.coloured(pixels, mask) for mask in (example.mask, found)]
            page.append([Image.fromarray(pixels), *masks])
    heading = "from left to right: the picture, the truth, the answer"
    drawing.page(page, heading, data.labels).save(candidate.pictures / "segments.png")
    if data.settings.dataset in STREETS:
        _show_photographs(segmenter, candidate)
    metrics = scoring.metrics(np.stack(confusions), data.labels)
    with (candidate.tables / "confusion.csv").open("w", newline="") as stream:
        rows = zip(data.labels, np.sum(confusions, axis=0).tolist(), strict=True)
        csv.writer(stream).writerows(
            [("actual", *data.labels), *((one, *row) for one, row in rows)]
        )
    return {
        **metrics,
        "parameters": segmenter.network.count_params(),
        "scored_on": [origin.record() for origin in data.origins],
        "also": scoring.in_words(metrics),
    }


def _show_photographs(segmenter: Segmenter, candidate: Candidate) -> None:
    """Leaves the course's streets of another town beside their answers, where a mirror has them."""
    asked = "builtin" if params.load("data", "source") == "builtin" else "auto"
    found = fetch(ASSETS["course_street"], Path("data/raw"), asked)
    shown = []
    for file in sorted(found.folder.glob("*.jpg")) if found else ():
        pixels = images.read_image(file)
        answer = segmenter.segment(pixels).mask
        shown += [Image.fromarray(pixels), drawing.coloured(pixels, answer)]
    if shown:
        rows = [shown[at : at + 4] for at in range(0, len(shown), 4)]
        page = drawing.page(rows, "photographs (drive.ai, CC BY 4.0) and answers", segmenter.labels)
        page.save(candidate.pictures / "course_street.png")


TASK = Task(
    name="segmentation",
    prepare=preparation.prepare,
    listed=listing.everything,
    train=training,
    evaluate=evaluate,
    service=Service(
        script="image_segmenter.py",
        example="example_street.png",
        use="raw pictures in, the share of each class and a mask of class numbers out",
        limits="Knows its classes only and gives every pixel one of them; trained on the streets "
        "of one town, from a car: expect little of it elsewhere.",
        limits_of_builtin="Trained on drawn streets: expect little of it on photographs.",
        command="segment street.jpg --out classes.png",
        pipeline="image-segmentation",
    ),
)
