"""params -> faces of the people to train on -> an embedding by triplet loss -> one .keras file."""

import shutil
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from fivenets import assets, images, params, stage, tracking
from fivenets.catalogue import ASSETS
from fivenets.datasets.faces import prepared
from fivenets.errors import UserError
from fivenets.faces import embedders, training
from fivenets.faces.embedder import Embedder


def main(name: str) -> None:
    settings = prepared.FaceSettings(**params.arguments(prepared.FaceSettings, "faces"))
    recipe = training.Recipe(**params.arguments(training.Recipe, name, "train"))
    faces, _, source = prepared.load(Path("data/faces"), settings)
    side = training.INITIALS[recipe.initial]
    pictures = np.stack([images.resize(image, side) for image in faces.images])
    checkpoints, model_file = Path("checkpoints", name), Path("models", f"{name}.keras")
    run_file = Path("checkpoints", f"{name}.run.json")
    with tracking.training(name, asdict(recipe), source, run_file) as run:
        network, rows = training.train(
            pictures,
            faces.labels,
            source["digest"],
            recipe,
            checkpoints,
            run.log_epoch,
            _pretrained(recipe),
        )
        Embedder(network, trained_on=source["digest"]).save(model_file)
        run.finish(model_file, rows, Path("reports", name))
    shutil.rmtree(checkpoints)


def _pretrained(recipe: training.Recipe) -> keras.Model | None:
    if recipe.initial != "face_api_resnet":
        return None
    origin = assets.fetch(ASSETS[recipe.initial], Path("data/raw"), params.load("data", "source"))
    if origin is None or origin.path is None:
        raise UserError(
            f"{recipe.initial} cannot be had from here: training can start from nn4_small2"
        )
    return embedders.convert(origin.path / "model", seed=recipe.seed)


if __name__ == "__main__":
    stage.run(main)
