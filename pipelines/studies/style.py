"""Twelve pictures by three ways to paint, measured by what none of them optimises.

    python pipelines/studies/style.py paint SIZE FOLDER [tutorial]
    python pipelines/studies/style.py measure FOLDER...

`paint` leaves four contents in three styles in FOLDER: by the settings of `style-transfer`, or by
the recipe of TensorFlow's tutorial with as many iterations as it has there. An older commit paints
with its own settings and code: `PYTHONPATH=src python .../style.py paint ...` in its checkout.
`measure` leaves the medians over the pairs that all folders have, and all numbers, in
reports/studies/style.json, and in docs/ a sheet of the pictures for anyone to judge, those of a
row in an order that only the file of numbers tells. What is shown may be passed on: photographs of
scikit-learn (CC BY 2.0) and drive.ai (CC BY 4.0), and paintings in the public domain; the portrait
is of LFW and is not shown.
"""

import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fivenets.core import images, params, stage
from fivenets.core.errors import UserError
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.style import pictures, sources, transfer
from fivenets.style.objective import Style
from fivenets.style.settings import JobPlan

RAW, MODEL = Path("data/raw"), "style-transfer"
CONTENTS = {  # much sky, a street, a portrait, a still life
    "china": ("sklearn_photographs", "china.jpg"),
    "street": ("course_street", "test.jpg"),
    "portrait": ("lfw10", "Arnold_Schwarzenegger/Arnold_Schwarzenegger_0001.jpg"),
    "flower": ("sklearn_photographs", "flower.jpg"),
}
STYLES = ("starry_night_google", "the_scream", "wave")
TUTORIAL_ITERATIONS = 300
NOT_SHOWN = "portrait"
SHEET = Path("docs/style_blind.jpg")
WIDTH = 300  # pixels of a picture on the sheet


def main(what: str, *words: str) -> None:
    if what == "paint" and len(words) in (2, 3) and words[0].isdecimal():
        size, folder, *recipe = words
        _paint(int(size), Path(folder), by_tutorial=recipe == ["tutorial"])
    elif what == "measure" and words:
        _measure([Path(word) for word in words])
    else:
        raise UserError("expected `paint SIZE FOLDER [tutorial]` or `measure FOLDER...`")


def _paint(size: int, folder: Path, *, by_tutorial: bool) -> None:
    plan = params.settings(JobPlan, MODEL, "convert")
    pooling = "max" if by_tutorial else plan.pooling
    network, origin = sources.network(plan.features, pooling, "auto", RAW)
    settings = replace(plan.jobs[0].settings, size=size)
    folder.mkdir(parents=True, exist_ok=True)
    for pair, (content, style) in pairs().items():
        file = folder / f"{pair}.png"
        if file.exists():  # where an earlier try was cut off
            continue
        start = time.perf_counter()
        if by_tutorial:
            painted = _by_tutorial(network, content, style, size)
        else:
            painted = transfer.transfer(network, content, [Style(style)], settings)
        pictures.write(painted, file)
        seconds = time.perf_counter() - start
        print(f"{pair}: {seconds:.0f} s, features {origin.asset}", flush=True)


def _by_tutorial(network: Any, content: np.ndarray, style: np.ndarray, size: int) -> np.ndarray:
    sys.path.append("benchmarks")  # where the recipe is written anew
    from style_transfer import Recipe  # pyright: ignore[reportMissingImports]

    recipe = Recipe(network, pictures.fitted(content, size), pictures.fitted(style, size))
    for _ in range(TUTORIAL_ITERATIONS):
        recipe.step()
    return pictures.to_uint8(np.asarray(recipe.image)[0])


def _measure(folders: list[Path]) -> None:
    from fivenets.runs import study  # an older commit, which only paints, has it elsewhere
    from fivenets.style import measures, squeezenet

    judge = squeezenet.network("auto", RAW)
    shared = {
        pair: pictures_of
        for pair, pictures_of in pairs().items()
        if all((folder / f"{pair}.png").exists() for folder in folders)
    }
    if not shared:
        raise UserError("the folders have no picture in common: `paint` them first")
    found: dict[str, Any] = {}
    for folder in folders:
        found[folder.name] = {}
        for pair, (content, style) in shared.items():
            made = images.read_image(folder / f"{pair}.png").astype(np.float32) / 255
            height, width, _ = made.shape
            seen = pictures.resize(content, height, width)
            wanted = pictures.fitted(style, max(height, width))
            numbers = measures.of_picture(made, seen, [wanted], [1.0], judge)
            found[folder.name][pair] = {key: round(value, 4) for key, value in numbers.items()}
    medians = {
        name: {
            key: round(statistics.median(numbers[pair][key] for pair in shared), 4)
            for key in numbers[next(iter(shared))]
        }
        for name, numbers in found.items()
    }
    rng = np.random.default_rng(0)
    orders = {
        pair: [folders[place] for place in rng.permutation(len(folders))]
        for pair in shared
        if not pair.startswith(NOT_SHOWN)
    }
    _sheet(orders).save(SHEET, quality=85)
    key = {pair: [folder.name for folder in order] for pair, order in orders.items()}
    counted = {"command": study.command(), "pictures": len(shared), "medians": medians}
    study.write("style", counted | {"sheet": key, "pairs": found})
    for name, numbers in medians.items():
        print(name, json.dumps(numbers))


def _sheet(orders: dict[str, list[Path]]) -> Image.Image:
    """A row for each pair, of the pictures in folders, in that order."""
    rows = []
    for pair, folders in orders.items():
        row = [Image.open(folder / f"{pair}.png").convert("RGB") for folder in folders]
        height = round(WIDTH * row[0].height / row[0].width)
        resized = [one.resize((WIDTH, height), Image.Resampling.LANCZOS) for one in row]
        rows.append(np.hstack([np.asarray(one) for one in resized]))
    return Image.fromarray(np.vstack(rows))


def pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Content and style, both (height, width, 3) uint8, by the names of both."""
    contents = {}
    for name, (asset, file) in CONTENTS.items():
        fetched = fetch(ASSETS[asset], RAW, "real")
        assert fetched is not None
        contents[name] = images.read_image(fetched.folder / file)
    paintings = {name: sources.picture(name, "style", "real", RAW).image for name in STYLES}
    # The first four have each content, and each style, at least once.
    return {
        f"{content}-{style}": (contents[content], paintings[style])
        for turn in range(len(STYLES))
        for index, content in enumerate(CONTENTS)
        for style in [STYLES[(index + turn) % len(STYLES)]]
    }


if __name__ == "__main__":
    stage.run(main)
