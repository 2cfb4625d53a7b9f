"""params -> faces of the people to train on -> an embedding by triplet loss -> one .keras file."""

import shutil
from dataclasses import asdict
from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.faces import prepared
from fivenets.faces import evaluation, mining, sets, training
from fivenets.faces.embedder import Embedder
from fivenets.runs import tracking


def main(name: str) -> None:
    recipe = training.Recipe(**params.arguments(training.Recipe, name, "train"))
    # It changes nothing in the network: a training that could not be scored is refused.
    protocol = evaluation.Protocol(**params.arguments(evaluation.Protocol, name, "evaluate"))
    settings, of_photographs = _settings("faces"), _settings("face-photographs")
    sets.refuse_one_dataset(settings, of_photographs)
    faces, unseen, source = prepared.load(Path("data/faces"), settings)
    _, photographs, _ = prepared.load(Path("data/face-photographs"), of_photographs)
    faces = sets.to_train_on(faces, unseen, photographs, protocol)
    # Batches that cannot be made are refused before a run is opened.
    mining.batches_per_epoch(faces.labels, recipe.people_per_batch, recipe.images_per_person)
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


def _settings(key: str) -> prepared.FaceSettings:
    return prepared.FaceSettings(**params.arguments(prepared.FaceSettings, key))


if __name__ == "__main__":
    stage.run(main)
