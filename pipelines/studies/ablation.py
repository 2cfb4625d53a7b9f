"""What each kind of augmentation brings on SIGNS and on other hands: `ablation.py [SEED...]`.

The compact network is trained on SIGNS alone, without any change of its pictures and with one kind
at a time, and asked about SIGNS' test pictures and about the five hands of massey_digits; beside
it ten views at test time, and the ensemble of all seeds. Goes on where it was cut off; numbers are
added to reports/studies/ablation.json, by default of seeds 0, 1 and 2. The probabilities that
ensembles are made of are too many to be committed: they are in checkpoints/ablation.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.classification import views
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import files, images, params, stage
from fivenets.datasets.classification import prepared
from fivenets.fitting.strengths import Strengths
from fivenets.runs import study
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

NAME = "ablation"
KINDS = {  # each as strong as it may be and still leave the sign to be seen
    "none": Strengths(),
    "mirror": Strengths(mirror=True),
    "shift": Strengths(shift=0.1),
    "crop": Strengths(crop=0.2),
    "window": Strengths(window=0.25),
    "rotation": Strengths(rotation=0.06),
    "shear": Strengths(shear=0.1),
    "brightness": Strengths(brightness=0.3),
    "contrast": Strengths(contrast=0.4),
    "colour": Strengths(colour=0.5),
    "colour_shift": Strengths(colour_shift=0.15),
    "pca_colour": Strengths(pca_colour=0.3),
    "erase": Strengths(erase=0.5),
    "all": Strengths(  # but for brightness, crop, which window includes, and erase
        mirror=True, shift=0.1, window=0.25, rotation=0.06, shear=0.1, contrast=0.4, colour=0.5,
        colour_shift=0.15, pca_colour=0.3,
    ),
}  # fmt: skip
RESAMPLES = 2000

Probabilities = dict[str, np.ndarray]  # of each test set, (n, classes)


def main(*seeds: str) -> None:
    data = prepared.of_section("classification")
    tests = {"signs": data.arrays("test")} | dict(other_hands(data))
    found: dict[str, Any] = study.read(NAME, {"runs": []})
    done = {(run["kind"], run["seed"]) for run in found["runs"]}
    for seed in map(int, seeds or ("0", "1", "2")):
        for kind in KINDS:
            if (kind, seed) in done:
                continue
            run = {"kind": kind, "seed": seed} | measured(kind, seed, data, tests)
            found["runs"].append(run)
            found["sources"] = [origin.record() for origin in data.origins]
            found["recipe"] = params.flatten(asdict(recipe(kind, seed)))
            study.write(NAME, found)
            print(kind, seed, *(f"{of} {run[of]['accuracy']:.3f}" for of in tests), flush=True)
    made = ensembles(found["runs"], tests)
    known = found.get("ensembles", {})
    found["ensembles"] = known | {kind: known.get(kind, {}) | of for kind, of in made.items()}
    study.write(NAME, found)
    for line in table(found["runs"], found["ensembles"], tests):
        print(line)


def recipe(kind: str, seed: int) -> ClassifierRecipe:
    return ClassifierRecipe(
        architecture="compact_cnn",
        network={"separable": False},
        epochs=30,
        batch_size=32,
        optimizer="fused_adamw",
        learning_rate=0.004,
        warmup_fraction=0.1,
        weight_decay=0.05,
        label_smoothing=0.1,
        augmentation=KINDS[kind],
        fused_batch_norm=True,
        seed=seed,
    )


def other_hands(data: prepared.ImageDataset) -> Iterator[tuple[str, tuple]]:
    """The cut-outs of five other hands, where they can be had, and their labels."""
    found = fetch(ASSETS["massey_digits"], Path("data/raw"), params.load("data", "source"))
    if found:
        shown = sorted(found.folder.glob("*/*.jp*g"))
        pictures = [images.resize(images.read_image(file), data.image_size) for file in shown]
        labels = [data.labels.index(file.parent.name) for file in shown]
        yield "other hands", (np.stack(pictures), np.array(labels))


def measured(
    kind: str, seed: int, data: prepared.ImageDataset, tests: dict[str, tuple]
) -> dict[str, Any]:
    """One training, and of each test set what is right: by one view, and by ten."""
    with tempfile.TemporaryDirectory() as checkpoints:
        network, rows = train(data, recipe(kind, seed), Path(checkpoints))
    classifier = Classifier(network, data.labels)
    run: dict[str, Any] = {"seconds": round(sum(row["seconds"] for row in rows), 1)}
    for of, (pictures, labels) in tests.items():
        chances = classifier.probabilities(pictures)
        by_views = views.probabilities(classifier, pictures).argmax(axis=1) == labels
        right = chances.argmax(axis=1) == labels
        files.write_text(_kept(kind, seed, of), json.dumps(chances.tolist()))
        run[of] = {
            "accuracy": round(float(right.mean()), 4),
            "right": as_text(right),
            "right_by_ten_views": as_text(by_views),
        }
    return run


def ensembles(runs: list[dict[str, Any]], tests: dict[str, tuple]) -> dict[str, dict[str, Any]]:
    """By kind and test set, what the mean of all seeds' probabilities gets right, where these are
    here: a clone has what was committed, and keeps that."""
    found: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        seeds = [run["seed"] for run in runs if run["kind"] == kind]
        for of, (_, labels) in tests.items():
            kept = [_kept(kind, seed, of) for seed in seeds]
            if kept and all(file.exists() for file in kept):
                chances = np.mean([json.loads(file.read_text()) for file in kept], axis=0)
                right = chances.argmax(axis=1) == labels
                found.setdefault(kind, {})[of] = {
                    "seeds": seeds,
                    "accuracy": round(float(right.mean()), 4),
                    "right": as_text(right),
                }
    return found


def table(
    runs: list[dict[str, Any]], joint: dict[str, dict[str, Any]], tests: dict[str, tuple]
) -> Iterator[str]:
    """Markdown: for each kind the mean over seeds, and how much it is above none on the same
    pictures, with a bootstrap interval over these; ten views; the seeds' ensemble."""
    for of in tests:
        by_kind = {kind: [run[of] for run in runs if run["kind"] == kind] for kind in KINDS}
        base = rights(by_kind["none"], "right")
        yield f"\n| {of} | accuracy | above none | ten views above one | ensemble |"
        yield "| --- | --- | --- | --- | --- |"
        for kind, found in by_kind.items():
            if not found:
                continue
            one, ten = rights(found, "right"), rights(found, "right_by_ten_views")
            cells = [difference(one, base), difference(ten, one)]
            together = joint.get(kind, {}).get(of)
            said = f"{together['accuracy']:.3f} of {len(together['seeds'])}" if together else "-"
            yield f"| {kind} | {one.mean():.3f} | {' | '.join(cells)} | {said} |"


def as_text(right: np.ndarray) -> str:
    """A 1 for each picture that is right, and a 0 for each other."""
    return "".join("01"[int(one)] for one in right)


def _kept(kind: str, seed: int, of: str) -> Path:
    """Where a run's probabilities are."""
    return Path("checkpoints/ablation", f"{kind}-{seed}-{of}.json".replace(" ", "-"))


def rights(runs: list[dict[str, Any]], key: str) -> np.ndarray:
    """(pictures,) the part of the seeds that get each right."""
    return np.array([list(map(int, run[key])) for run in runs]).mean(axis=0)


def difference(one: np.ndarray, other: np.ndarray) -> str:
    """Their mean difference with its 95% interval over pictures."""
    low, high = study.interval(one - other, RESAMPLES)
    return f"{(one - other).mean():+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    stage.run(main)
