"""An embedder, photographs and unseen people -> numbers, pictures and a threshold."""

import json
import logging
from pathlib import Path
from typing import Any

from fivenets.core import params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.faces import prepared
from fivenets.faces import drawing, evaluation, identification, lfw, sets
from fivenets.faces.embedder import Calibration, Embedder, calibration_file
from fivenets.faces.verification import all_pairs
from fivenets.runs import tracking

log = logging.getLogger(__name__)


def main(name: str) -> None:
    protocol = evaluation.Protocol(**params.arguments(evaluation.Protocol, name, "evaluate"))
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    embedder = Embedder.from_file(model_file)
    _, photographs, source = _load("face-photographs")
    unseen, faces_source = _unseen(embedder, protocol)
    if embedder.trained_on:
        trained = _load("faces")[0].repeated()
        sets.refuse_shared(trained, photographs, "trained on, in faces, and in face-photographs")
    sets.check_photographs(photographs, protocol)
    sets.check_unseen(unseen, protocol)

    embeddings = embedder.embeddings(photographs.images)
    metrics = evaluation.verification(embeddings, photographs.people, protocol.folds)
    calibrated = evaluation.calibrated(
        embeddings, photographs.people, protocol.folds, protocol.target_far
    )
    others = evaluation.unseen_people(embedder.embeddings(unseen.images), unseen.people, protocol)
    strangers = sets.without(unseen, photographs, "they have set the threshold")
    served = _served(embedder, strangers, calibrated["threshold"], protocol)
    served["data"] = _named(faces_source)
    metrics |= {
        "parameters": embedder.network.count_params(),
        "data": _named(source),
        "skipped": len(source["skipped"]),
        "calibrated": calibrated,
        "served": served,
        "unseen": others | {"data": _named(faces_source)},
        **{f"unseen_{key}": others[key] for key in ("auc", "auc_low", "auc_high")},
        "also": f"{_summary(metrics, source)}; {_summary(others, faces_source)}; "
        f"{identification.described(served)}",
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
        false_identification=served.get("false_identification"),
        identification=identification.described(served),
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


def _unseen(embedder: Embedder, protocol: evaluation.Protocol) -> tuple[prepared.Faces, dict]:
    """The people of the protocol's set that the embedder was not trained on, and its source."""
    seen, unseen, source = _load(protocol.people_from)
    if not embedder.trained_on:
        return seen.and_also(unseen), source
    trained, _, trained_source = _load("faces")
    if embedder.trained_on != trained_source["digest"]:
        raise UserError(
            "data/faces are not the faces that the network was trained on: run `dvc repro`"
        )
    if source["digest"] != trained_source["digest"]:
        unseen = seen.and_also(unseen)
    return sets.without(unseen, trained.repeated(), "the network was trained on them"), source


def _served(
    embedder: Embedder, strangers: prepared.Faces, threshold: float, protocol: evaluation.Protocol
) -> dict[str, Any]:
    """What the served threshold does on people who did not set it, where enough are left."""
    try:
        evaluation.possible_folds(strangers.people, 2)
        return evaluation.served(
            embedder.embeddings(strangers.images),
            strangers.people,
            threshold,
            protocol.recognition_repeats,
        )
    except UserError as error:
        log.warning("the served threshold is not measured on others: %s", error)
        return {"threshold": threshold}


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
    settings = prepared.FaceSettings(**params.arguments(prepared.FaceSettings, key))
    return prepared.load(Path("data", key), settings)


if __name__ == "__main__":
    stage.run(main)
