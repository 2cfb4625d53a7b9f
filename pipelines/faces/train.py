"""params -> faces of the people to train on -> an embedding by triplet loss -> one .keras file."""

import shutil
from dataclasses import asdict
from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.faces import prepared
from fivenets.datasets.settings import TrainedFaces
from fivenets.faces import training
from fivenets.faces.embedder import Embedder
from fivenets.faces.settings import Recipe
from fivenets.runs import tracking


def main(name: str) -> None:
    settings = params.settings(TrainedFaces, "faces")
    recipe = params.settings(Recipe, name, "train")
    faces, _, source = prepared.load(Path("data/faces"), settings)
    checkpoints, model_file = Path("checkpoints", name), Path("models", f"{name}.keras")
    pretrained = training.pretrained(recipe, Path("data/raw"), params.load("data", "source"))
    run_file = Path("checkpoints", f"{name}.run.json")
    with tracking.training(name, asdict(recipe), source, run_file) as run:
        network, rows = training.train(
            training.pictures(faces.images, recipe),
            faces.labels,
            source["digest"],
            recipe,
            checkpoints,
            run.log_epoch,
            pretrained,
        )
        Embedder(network, trained_on=source["digest"]).save(model_file)
        run.finish(model_file, rows, Path("reports", name))
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    stage.run(main)
