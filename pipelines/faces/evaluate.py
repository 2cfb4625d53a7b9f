"""An embedder, photographs and unseen people -> numbers, pictures and a threshold."""

import json
from pathlib import Path

import numpy as np

from fivenets.core import params, stage
from fivenets.datasets.faces import prepared
from fivenets.faces import drawing, evaluation, lfw
from fivenets.faces.embedder import Calibration, Embedder, calibration_file
from fivenets.faces.settings import Protocol
from fivenets.faces.verification import all_pairs
from fivenets.runs import tracking


def main(name: str) -> None:
    protocol = params.settings(Protocol, name, "evaluate")
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    embedder = Embedder.from_file(model_file)
    _, photographs, source = _load("face-photographs")
    seen, unseen, faces_source = _load(protocol.people_from)
    if embedder.trained_on != faces_source["digest"]:  # nobody in it was trained on
        unseen = prepared.Faces(
            seen.images + unseen.images, np.concatenate([seen.people, unseen.people])
        )

    embeddings = embedder.embeddings(photographs.images)
    metrics = evaluation.verification(embeddings, photographs.people, protocol.folds)
    calibrated = evaluation.calibrated(
        embeddings, photographs.people, protocol.folds, protocol.target_far
    )
    others = evaluation.unseen_people(embedder.embeddings(unseen.images), unseen.people, protocol)
    metrics |= {
        "parameters": embedder.network.count_params(),
        "data": _named(source),
        "skipped": len(source["skipped"]),
        "calibrated": calibrated,
        "unseen": others | {"data": _named(faces_source)},
        **{f"unseen_{key}": others[key] for key in ("auc", "auc_low", "auc_high")},
        "also": f"{_summary(metrics, source)}; {_summary(others, faces_source)}",
    }
    if protocol.lfw_pairs:
        metrics["lfw_pairs"] = lfw.verification(lfw.fetch(Path("data/raw")), embedder)
    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    Calibration(
        threshold=calibrated["threshold"],
        threshold_sd=calibrated["threshold_sd"],
        target_far=protocol.target_far,
        data=_named(source),
        data_digest=source["digest"],
        protocol=f"all pairs, {metrics['folds']} folds by person, mean over folds",
        model_sha256=embedder.model_sha256,
    ).write(calibration_file(model_file))

    pairs = all_pairs(photographs.people, metrics["folds"])
    distances = pairs.distances(embeddings)
    pictures = {
        "roc": drawing.roc(distances, pairs.is_same),
        "distances": drawing.distance_histograms(distances, pairs.is_same, metrics["threshold"]),
        "map": drawing.embedding_map(embeddings, photographs.people),
        "hardest": drawing.hardest_pairs(photographs.images, distances, pairs),
    }
    for picture, figure in pictures.items():
        figure.savefig(reports / f"{picture}.png", dpi=110)
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


def _named(source: dict) -> str:
    return f"{source['asset']} ({source['origin']})"


def _summary(numbers: dict, source: dict) -> str:
    return (
        f"on {numbers['people']} unseen people of {_named(source)}: AUC {numbers['auc']:.3f} "
        f"[{numbers['auc_low']:.3f}, {numbers['auc_high']:.3f}], accuracy "
        f"{numbers['balanced_accuracy']:.3f} (both kinds of pair weighing alike), "
        f"EER {numbers['eer']:.3f}"
    )


def _load(key: str) -> tuple[prepared.Faces, prepared.Faces, dict]:
    settings = params.settings(prepared.FaceSettings, key)
    return prepared.load(Path("data", key), settings)


if __name__ == "__main__":
    stage.run(main)
