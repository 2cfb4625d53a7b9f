"""params -> data -> network -> fit -> one .keras file, with a live run in MLflow."""

import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

from fivenets.classification import imagenet
from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import Recipe
from fivenets.classification.training import train
from fivenets.core import params, stage
from fivenets.datasets.classification import prepared
from fivenets.fitting import distribution
from fivenets.runs import tracking


def main(name: str) -> None:
    settings = params.settings(prepared.DataSettings, "classification")
    recipe = params.settings(Recipe, name, "train")
    data = prepared.load(Path("data/classification"), settings)
    checkpoints, model_file = Path("checkpoints", name), Path("models", f"{name}.keras")
    run_file = Path("checkpoints", f"{name}.run.json")
    wanted = recipe.network.get("weights") == "imagenet"
    weights = imagenet.fetch(params.load("data", "source"), Path("data/raw")) if wanted else None
    start = partial(imagenet.load, file=weights) if weights else None
    if recipe.distribute == "multi_worker" and distribution.worker_index():
        train(data, recipe, checkpoints, pretrained=start)  # the first worker keeps the results
        return
    with tracking.training(name, asdict(recipe), data.source, run_file) as run:
        network, rows = train(data, recipe, checkpoints, run.log_epoch, pretrained=start)
        Classifier(network, data.labels).save(model_file)
        run.finish(model_file, rows, Path("reports", name))
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    stage.run(main)
