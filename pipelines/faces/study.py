"""What each part of a recipe is worth, on people it was not trained on: `study.py MODEL`.

The people of the test part have no part in it: those to train on are split in two again.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from fivenets import images, params, stage
from fivenets.datasets.faces import preparation
from fivenets.faces import evaluation, training
from fivenets.faces.embedder import Embedder
from fivenets.params import flatten

EPOCHS, SCORED_PEOPLE, PEOPLE_PER_BATCH = 80, 10, 10
VARIANTS = {
    "the recipe": {},
    "without virtual people": {"virtual_people": {}},
    "not standardised": {"is_standardised": False},
    "semi-hard, squared distances, margin 0.2": {
        "mining": "semi_hard",
        "margin": 0.2,
        "squared": True,
    },
    "pictures moved twice as far": {
        "augmentation": {"shift": 0.1, "crop": 0.2, "rotation": 0.03, "shear": 0.08},
    },
}


def main(name: str) -> None:
    settings = preparation.FaceSettings(**params.arguments(preparation.FaceSettings, "faces"))
    recipe = training.Recipe(**params.arguments(training.Recipe, name, "train"))
    recipe = replace(recipe, epochs=EPOCHS, people_per_batch=PEOPLE_PER_BATCH)
    faces, _, source = preparation.load(Path("data/faces"), settings)
    side = training.INITIALS[recipe.initial]
    pictures = np.stack([images.resize(image, side) for image in faces.images])
    names = np.unique(faces.people)
    scored_people = np.random.default_rng(settings.split_seed).permutation(names)[:SCORED_PEOPLE]
    is_scored = np.isin(faces.people, scored_people)
    study = {
        "command": f"python pipelines/faces/study.py {name}",
        "data": source["asset"],
        "data_digest": source["digest"],
        "parameters": {key: str(value) for key, value in flatten(asdict(recipe)).items()},
        "scored_people": scored_people.tolist(),
        "variants": {},
    }
    file = Path("reports/variants", f"{name}.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    for variant, changes in VARIANTS.items():
        checkpoints = Path(tempfile.mkdtemp())
        network, rows = training.train(
            pictures[~is_scored],
            np.unique(faces.people[~is_scored], return_inverse=True)[1],
            source["digest"],
            replace(recipe, **changes),
            checkpoints,
        )
        shutil.rmtree(checkpoints)
        embeddings = Embedder(network).embeddings(pictures[is_scored])
        found = evaluation.verification(embeddings, faces.people[is_scored], SCORED_PEOPLE)
        study["variants"][variant] = {
            key: round(found[key], 4)
            for key in ("auc", "auc_low", "auc_high", "eer", "balanced_accuracy")
        } | {"loss": rows[-1]["loss"], "seconds": round(sum(row["seconds"] for row in rows), 1)}
        print(f"{variant}: {study['variants'][variant]}", file=sys.stderr)
        file.write_text(json.dumps(study, indent=2) + "\n")


if __name__ == "__main__":
    stage.run(main)
