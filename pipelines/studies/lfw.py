"""A registered candidate on all of LFW: `lfw.py MODEL`, after `prepare.py faces lfw`.

View 2 in ten folds; the thresholds that DevTrain's people set, on DevTest's; and whether scores
normalised against the gallery name more people at the same rate of strangers than a threshold for
the gallery's size does. The row is added to reports/studies/lfw.json.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import candidates, params, stage
from fivenets.datasets.faces import prepared
from fivenets.datasets.settings import FaceSettings
from fivenets.faces import evaluation, galleries, intervals, lfw, normalised
from fivenets.faces.embedder import Embedder
from fivenets.faces.settings import Protocol
from fivenets.faces.thresholds import GalleryThresholds
from fivenets.faces.verification import all_pairs
from fivenets.runs import study

SECTION = "lfw"


def main(name: str) -> None:
    candidate = candidates.find(name)
    protocol = params.settings(Protocol, name, "evaluate")
    folder = Path("data", SECTION)
    train, test, record = prepared.load(folder, params.settings(FaceSettings, SECTION))
    embedder, everyone = Embedder.from_file(candidate.file), train.and_also(test)
    embeddings = embedder.embeddings(everyone.images)
    lists = prepared.pairs(folder)
    row = {
        "model_sha256": embedder.model_sha256,
        "data_digest": record["digest"],
        "skipped": len(record["skipped"]),
        **measured(embeddings, everyone, lists, protocol),
    }
    study.add_row("lfw", row)
    print(json.dumps(row, indent=1))


def measured(
    embeddings: np.ndarray, everyone: prepared.Faces, lists: dict, protocol: Protocol
) -> dict[str, Any]:
    """All numbers, of embeddings (n, d) of pictures in the two parts of LFW."""
    setting, scoring = (_in_pairs(everyone, lists[key]) for key in ("devtrain", "devtest"))
    mine, others = everyone.people[setting], everyone.people[scoring]
    calibrated = evaluation.calibrated(embeddings[setting], mine, *protocol.targets)
    pairs = all_pairs(others, evaluation.possible_folds(others, protocol.folds))
    distances = pairs.distances(embeddings[scoring])
    thresholds = GalleryThresholds.read(calibrated["galleries"])
    repeats = protocol.recognition_repeats
    return {
        "view2": lfw.view_2(embeddings, everyone.names, lists),
        "dev_test": lfw.dev_test(embeddings, everyone.names, lists),
        "calibrated": calibrated,
        "at_threshold": intervals.of_rates(distances <= calibrated["threshold"], pairs, others),
        "galleries": galleries.curve(embeddings[scoring], others, thresholds, repeats),
        "normalised": normalised.compared(
            embeddings[setting], mine, protocol.target_false_identification, repeats
        ),
    }


def _in_pairs(everyone: prepared.Faces, listed: list) -> np.ndarray:
    """The rows of the pictures in a list of pairs."""
    wanted = {picture for pair in listed for picture in pair.pictures}
    return np.flatnonzero(np.isin(everyone.names, sorted(wanted)))


if __name__ == "__main__":
    stage.run(main)
