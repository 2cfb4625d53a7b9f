"""A classifier's recipe on SIGNS, trained with several seeds: `seeds.py MODEL [SEED...]`."""

import json
import statistics
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from fivenets.classification.classifier import Classifier
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import files, params, stage
from fivenets.core.params import flatten
from fivenets.datasets.classification import prepared
from fivenets.runs import study


def main(name: str, *seeds: str) -> None:
    recipe = params.settings(ClassifierRecipe, name, "train")
    data = prepared.of_section("classification")
    images, labels = data.arrays("test")
    accuracies, seconds = {}, {}
    for seed in map(int, seeds or ("0", "1", "2")):
        with tempfile.TemporaryDirectory() as checkpoints:
            network, rows = train(data, replace(recipe, seed=seed), Path(checkpoints))
        predicted = Classifier(network, data.labels).probabilities(images).argmax(axis=1)
        accuracies[seed] = float((predicted == labels).mean())
        seconds[seed] = round(sum(row["seconds"] for row in rows), 1)
        print(f"{name}, seed {seed}: test accuracy {accuracies[seed]:.4f}, {seconds[seed]} s")
    found = {
        "command": study.command(),
        "data": data.record["asset"],
        "data_digest": data.record["digest"],
        "parameters": {
            key: str(value)
            for key, value in flatten(asdict(recipe) | {"data": asdict(data.settings)}).items()
        },
        "accuracies": accuracies,
        "seconds": seconds,
        "mean": statistics.mean(accuracies.values()),
        "sd": statistics.stdev(accuracies.values()) if len(accuracies) > 1 else 0.0,
    }
    # Not beside other studies: the results show these, and DVC reads their folder.
    file = Path("reports/seeds", f"{name}.json")
    files.write_text(file, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    stage.run(main)
