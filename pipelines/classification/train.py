"""params -> data -> network -> fit -> one .keras file, with a live run in MLflow."""

import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

from fivenets.classification import imagenet
from fivenets.classification.classifier import Classifier
from fivenets.classification.training import Recipe, train
from fivenets.core import params, stage
from fivenets.datasets.classification import prepared
from fivenets.fitting import distribution
from fivenets.runs import tracking
from fivenets.sources.origin import Origin


def main(name: str) -> None:
    settings = prepared.DataSettings(**params.arguments(prepared.DataSettings, "classification"))
    recipe = Recipe(**params.arguments(Recipe, name, "train"))
    data = prepared.load(Path("data/classification"), settings)
    checkpoints, model_file = Path("checkpoints", name), Path("models", f"{name}.keras")
    run_file = Path("checkpoints", f"{name}.run.json")
    wanted = recipe.network.get("weights") == "imagenet"
    weights = imagenet.fetch(params.load("data", "source"), Path("data/raw")) if wanted else None
    start = partial(imagenet.load, file=weights.folder / imagenet.FILE) if weights else None
    origins = [Origin.of(data.source), *([weights.origin] if weights else [])]
    if recipe.distribute == "multi_worker" and distribution.worker_index():
        train(data, recipe, checkpoints, pretrained=start)  # the first worker keeps the results
        return
    parameters = asdict(recipe) | {"data": asdict(settings)}
    with tracking.training(name, parameters, origins, run_file) as run:
        network, rows = train(data, recipe, checkpoints, run.log_epoch, pretrained=start)
        Classifier(network, data.labels).save(model_file)
        run.finish(model_file, rows, Path("reports", name))
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    stage.run(main)
