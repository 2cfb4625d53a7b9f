"""Recipes compared on the people to train on alone: `faces.py MODEL PARTS [KEY=VALUE...]`.

The words change the recipe of params.yaml, as `virtual_people.warp=0.1` does. The people are cut
into thirds, and the first PARTS of these, 1 to 3, are each scored by a network that was trained on
the other two; nobody of the test people is looked at. A row is added to reports/studies/MODEL.json.
"""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from fivenets.core import params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.faces import prepared
from fivenets.datasets.settings import TrainedFaces
from fivenets.faces import training
from fivenets.faces.embedder import Embedder
from fivenets.faces.evaluation import verification
from fivenets.faces.settings import EmbeddingRecipe
from fivenets.runs import study

THIRDS, FOLDS = 3, 10
KEPT = ("auc", "eer", "balanced_accuracy")


def main(name: str, count: str = "3", *words: str) -> None:
    if count not in ("1", "2", "3"):
        raise UserError(f"1, 2 or 3 thirds to score expected, {count!r} received")
    settings = params.settings(TrainedFaces, "faces")
    recipe = params.settings(EmbeddingRecipe, name, "train")
    changes = dict(map(_change, words))
    recipe = params.read(EmbeddingRecipe, _changed(asdict(recipe), changes), "the recipe")
    faces, _, record = prepared.load(Path("data/faces"), settings)
    faces = faces.repeated()
    pretrained, _ = training.pretrained(recipe, Path("data/raw"), params.load("data", "source"))
    names = np.random.default_rng(recipe.seed).permutation(np.unique(faces.people))
    parts = []
    for part, held_out in enumerate(np.array_split(names, THIRDS)[: int(count)]):
        is_scored = np.isin(faces.people, held_out)
        with tempfile.TemporaryDirectory() as checkpoints:
            network, _, rows = training.train(
                training.inputs(faces.only(~is_scored).images, recipe),
                faces.only(~is_scored).labels,
                {"held_out": held_out.tolist(), "digest": record["digest"]},
                recipe,
                Path(checkpoints),
                pretrained=pretrained,
            )
        scored = faces.only(is_scored)
        numbers = verification(Embedder(network).embeddings(scored.images), scored.people, FOLDS)
        kept = {key: round(numbers[key], 4) for key in KEPT}
        seconds = round(sum(row["seconds"] for row in rows), 1)
        parts.append({**kept, "loss": round(rows[-1]["loss"], 4), "seconds": seconds})
        print(f"{name} {' '.join(words)}, third {part + 1}: {parts[-1]}", flush=True)
    study.add_row(
        name,
        {
            "data_digest": record["digest"],
            "alignment": record["alignment"],
            "parameters": params.flatten(asdict(recipe)),
            "parts": parts,
            "mean": {key: round(float(np.mean([part[key] for part in parts])), 4) for key in KEPT},
        },
    )


def _change(word: str) -> tuple[str, Any]:
    key, equals, value = word.partition("=")
    if not equals:
        raise UserError(f"KEY=VALUE expected, {word!r} received")
    return key, YAML(typ="safe").load(value)


def _changed(recipe: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The recipe with the values at dotted keys replaced."""
    for key, value in changes.items():
        *path, last = key.split(".")
        section = recipe
        for step in path:
            section = section.get(step)
            if not isinstance(section, dict):
                raise UserError(f"the recipe has no section {step}, which {key} would be in")
        section[last] = value
    return recipe


if __name__ == "__main__":
    stage.run(main)
