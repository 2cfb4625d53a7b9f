"""A face network as it leaves the project: embeddings out."""

from pathlib import Path

import numpy as np

from fivenets.core import images
from fivenets.core.candidates import Candidate
from fivenets.datasets.faces.prepared import Faces
from fivenets.exports.served import Outputs, Served, named
from fivenets.faces import scoring
from fivenets.faces.calibration import calibration_of
from fivenets.faces.embedder import Embedder
from fivenets.faces.verification import all_pairs, curve_numbers
from fivenets.fitting import model_files

OUTPUT = "embedding"
MOST = 400  # pictures of people with two or more


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by the AUC over all pairs of people who are photographed at least twice."""
    embedder = Embedder.from_file(file)
    size = embedder.image_size
    scored = some(scoring.photographs(candidate)[1].repeated())
    seen, _, _ = scoring.load(candidate.data)
    pairs = all_pairs(scored.people, 2)
    threshold = calibration_of(file).threshold

    def auc(outputs: Outputs) -> float:
        return curve_numbers(pairs.distances(outputs[OUTPUT]), pairs.is_same)["auc"]

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        first, second = (pairs.distances(outputs[OUTPUT]) for outputs in (one, other))
        return {
            "max_distance_difference": float(np.abs(first - second).max()),
            "same_verdict": float(((first <= threshold) == (second <= threshold)).mean()),
        }

    return Served(
        network=named(model_files.load(file)[0], 255, [OUTPUT], embedder.test_time_mirror),
        sides=(size, size),
        preparation=f"RGB, a face turned upright and cut out, resized to {size} by {size} "
        "(Pillow's BILINEAR)",
        meanings={OUTPUT: f"two of one person are at most {threshold:.4g} apart (Euclidean)"},
        also={"threshold": threshold},
        pictures=np.stack([images.resize(face, size) for face in scored.images]),
        tested_on=str(candidate.scored_on),
        training=[images.resize(face, size) for face in seen.images[:calibrating]],
        metric="auc",
        score=auc,
        tolerance=0.01,
        apart=apart,
    )


def some(faces: Faces) -> Faces:
    """The pictures of the first people, as many as there is time for."""
    return faces.only(np.isin(faces.people, np.unique(np.sort(faces.people)[:MOST])))
