"""Accuracy against pictures per class, with and without ImageNet's weights.

    python pipelines/studies/transfer.py cats             # a data set's section of params.yaml
    python pipelines/studies/transfer.py ~/pictures/birds # a folder <class>/<picture>
    python pipelines/studies/transfer.py                  # table and figure of what was measured

Three seeds choose the pictures to train on, those of validation among them, as nothing is chosen
afterwards: each training ends after a number of steps. Goes on where it was cut off. Numbers are
added to reports/studies/transfer-NAME.json; the figure is docs/transfer.png.
"""

import json
import math
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification import drawing
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import files, params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.classification import preparation, prepared
from fivenets.datasets.classification.prepared import DataSettings, ImageDataset
from fivenets.fitting import imagenet, inference
from fivenets.fitting.strengths import Strengths
from fivenets.runs import study

SIZES, SEEDS, BATCH_SIZE = (5, 10, 20, 50, None), (0, 1, 2), 16  # None: all pictures there are
SIDE = 128  # pixels that a folder's pictures are resized to
EPOCH = 10  # steps; few pictures are shown several times in one
CHANGES = Strengths(mirror=True, shift=0.1, crop=0.15)
IMAGENET = {"weights": "imagenet"}
FINE_TUNED = {"architecture": "mobilenet_v2", "network": IMAGENET, "augmentation": CHANGES}
# By how they are called: recipe, and steps.
WAYS: dict[str, tuple[dict[str, Any], int]] = {
    "scratch": (
        {
            "architecture": "compact_cnn",
            "network": {"separable": False},
            "learning_rate": 0.004,
            "augmentation": CHANGES,
        },
        300,
    ),
    "frozen": (
        {
            "architecture": "mobilenet_v2",
            "network": IMAGENET,
            "freeze": "all",
            "learning_rate": 0.003,
        },
        200,
    ),
    "partly fine-tuned": (FINE_TUNED | {"freeze": "up_to:block_12_add", "learning_rate": 5e-4}, 60),
    "fully fine-tuned": (FINE_TUNED | {"learning_rate": 2e-4}, 60),
}
FROM_SCRATCH = 64  # pixels of a side, as the course's cats and SIGNS have them


def main(name: str = "") -> None:
    if name:
        measure(name)
    studies = {
        file.stem.removeprefix("transfer-"): json.loads(file.read_text())
        for file in sorted(study.FOLDER.glob("transfer-*.json"))
    }
    if not studies:
        raise UserError("nothing was measured yet: name a data set")
    tables = {of: list(table(one["runs"])) for of, one in studies.items()}
    for of, rows in tables.items():
        above = ", ".join(gains(studies[of]["runs"])) or "not measured yet"
        print(f"\n{of}, with all pictures above scratch: {above}\n")
        print("| pictures per class |", " | ".join(WAYS), "|")
        print("| --- |", " | ".join("---" for _ in WAYS), "|")
        for size in SIZES:
            cells = [row["words"] for row in rows if row["pictures"] == size]
            print(f"| {size or 'all'} |", " | ".join(cells), "|")
    assets = {of: one["sources"][0]["asset"] for of, one in studies.items()}
    figure = drawing.transfer({assets[of]: rows for of, rows in tables.items()})
    figure.savefig("docs/transfer.png", dpi=110)


def measure(name: str) -> None:
    """Adds what is missing to a study, training by training."""
    source, raw_dir = params.load("data", "source"), Path("data/raw")
    if files.expanded(name).is_dir():
        settings = DataSettings(
            dataset=name, image_size=SIDE, validation_fraction=0.1, test_fraction=0.2, split_seed=0
        )
    else:
        settings = params.settings(DataSettings, name)
    weights = imagenet.fetch("mobilenet_v2", "real", raw_dir)
    assert weights
    kept_as = f"transfer-{Path(name).name}"
    found: dict[str, Any] = study.read(kept_as, {"runs": []}) | {"command": study.command()}
    done = {(run["way"], run["pictures"], run["seed"]) for run in found["runs"]}
    with tempfile.TemporaryDirectory() as scratch:
        preparation.prepare(settings, source, Path(scratch, "data"), raw_dir)
        for size in reversed(SIZES):
            for seed in SEEDS:
                for way in WAYS:
                    if (way, size, seed) in done:
                        continue
                    side = FROM_SCRATCH if way == "scratch" else settings.image_size
                    data = prepared.load(Path(scratch, "data"), replace(settings, image_size=side))
                    run = {"way": way, "pictures": size, "seed": seed}
                    run |= trained(way, data, size, seed, weights.folder)
                    found["runs"].append(run)
                    found["sources"] = [origin.record() for origin in data.origins]
                    study.write(kept_as, found)
                    print(
                        way, size, seed, f"{run['accuracy']:.3f}", f"{run['seconds']} s", flush=True
                    )


def trained(
    way: str, data: ImageDataset, size: int | None, seed: int, weights: Path
) -> dict[str, Any]:
    """One training on `size` pictures of each class, and which test pictures it gets right."""
    known, steps = WAYS[way]
    images, labels = data.all_to_train_on().arrays("train")
    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(labels == label))[:size] for label in np.unique(labels)]
    )
    shown = np.tile(chosen, math.ceil(EPOCH * BATCH_SIZE / len(chosen)))
    recipe = ClassifierRecipe(
        **known,
        train_split="train",
        epochs=max(1, round(steps / (len(shown) // BATCH_SIZE))),
        batch_size=BATCH_SIZE,
        warmup_fraction=0.1,
        weight_decay=0.01,
        label_smoothing=0.1,
        seed=seed,
    )
    pretrained = partial(imagenet.load, architecture="mobilenet_v2", folder=weights)
    some = data.with_arrays({"train": (images[shown], labels[shown])})
    with tempfile.TemporaryDirectory() as checkpoints:
        network, rows = train(
            some,
            recipe,
            Path(checkpoints),
            pretrained=pretrained if recipe.network.get("weights") == "imagenet" else None,
        )
    images, labels = data.arrays("test")
    right = inference.outputs(network, images, BATCH_SIZE).argmax(axis=1) == labels
    return {
        "shown": len(chosen),
        "recipe": params.flatten(asdict(recipe)),
        "seconds": round(sum(row["seconds"] for row in rows), 1),
        "accuracy": round(float(right.mean()), 4),
        "right": "".join("01"[int(one)] for one in right),  # picture by picture
    }


def table(runs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """For each way and size: the mean over seeds, with its interval over test pictures."""
    for size in SIZES:
        for way in WAYS:
            right = _right(runs, way, size)
            if not len(right):
                yield {"way": way, "pictures": size, "shown": None, "words": "-"}
                continue
            of_picture = right.mean(axis=0)
            mean, (low, high) = float(of_picture.mean()), study.interval(of_picture)
            few = f" ({len(right)} of {len(SEEDS)} seeds)" if len(right) < len(SEEDS) else ""
            yield {
                "way": way,
                "pictures": size,
                "shown": max(run["shown"] for run in runs if run["pictures"] == size),
                "accuracy": (mean, low, high),
                "words": f"{mean:.3f} [{low:.3f}, {high:.3f}]{few}",
            }


def gains(runs: list[dict[str, Any]]) -> Iterator[str]:
    """How much each way with ImageNet's weights is above scratch, of all pictures and on the same
    test pictures."""
    base = _right(runs, "scratch", None)
    for way in WAYS:
        right = _right(runs, way, None)
        if way != "scratch" and len(right) and len(base):
            above = right.mean(axis=0) - base.mean(axis=0)
            low, high = study.interval(above)
            yield f"{way} {above.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def _right(runs: list[dict[str, Any]], way: str, size: int | None) -> np.ndarray:
    """(seeds, test pictures) of 0 and 1."""
    found = [run["right"] for run in runs if (run["way"], run["pictures"]) == (way, size)]
    return np.array([list(map(int, right)) for right in found])


if __name__ == "__main__":
    stage.run(main)
