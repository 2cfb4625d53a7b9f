"""A model and the people it is scored on -> its numbers, its pictures and its thresholds."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import params
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.datasets.faces import prepared
from fivenets.datasets.settings import FaceSettings
from fivenets.faces import drawing, evaluation, intervals, lfw, published, sets
from fivenets.faces.calibration import Calibration
from fivenets.faces.embedder import Embedder
from fivenets.faces.held_out import by_entries
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.faces.settings import Protocol
from fivenets.faces.thresholds import GalleryThresholds
from fivenets.faces.verification import all_pairs, curve_numbers, threshold_at_far, verify
from fivenets.sources.origin import Origin, in_words

log = logging.getLogger(__name__)

CALIBRATION = "model.calibration.json"


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Numbers on photographs and on people unseen in training; leaves pictures and thresholds."""
    protocol = params.settings(Protocol, candidate.name, "evaluate")
    embedder = Embedder.from_file(candidate.file)
    setting, scoring, record = photographs(candidate)
    seen, unseen, faces_record = load(candidate.data)
    if not embedder.trained_on:
        unseen = seen.and_also(unseen)
    elif embedder.trained_on != faces_record["digest"]:
        raise UserError(
            f"data/{candidate.data} is not what {candidate.name} was trained on: run `dvc repro`"
        )
    else:
        trained = sets.apart(seen.repeated(), unseen)
        for shown in (setting, scoring):
            sets.refuse_shared(trained, shown, "trained on and among the photographs")
        unseen = sets.without(unseen, trained, "the network was trained on them")
    sets.check_photographs(setting, scoring, protocol)
    sets.check_unseen(unseen, protocol)

    embeddings = embedder.embeddings(scoring.images)
    setters = embeddings if setting is scoring else embedder.embeddings(setting.images)
    metrics = evaluation.verification(embeddings, scoring.people, protocol.folds)
    calibrated = evaluation.calibrated(setters, setting.people, *protocol.targets)
    galleries = GalleryThresholds.read(calibrated["galleries"])
    if setting is scoring:
        held_out = evaluation.cross_validated(embeddings, scoring.people, *protocol.targets[1:])
    else:
        held_out = evaluation.served(
            embeddings,
            scoring.people,
            calibrated["threshold"],
            galleries,
            protocol.recognition_repeats,
        )
    others = evaluation.unseen_people(embedder.embeddings(unseen.images), unseen.people, protocol)
    strangers = sets.without(unseen, setting, "they have set the threshold")
    elsewhere = _served(embedder, strangers, calibrated["threshold"], galleries, protocol)
    names = [one.names for one in (setting, scoring)]
    metrics |= {
        "parameters": embedder.network.count_params(),
        "data": _named(record),
        "skipped": len(record["skipped"]),
        "calibrated": calibrated,
        "held_out": held_out | {"data": _named(record), "people": len(np.unique(scoring.people))},
        "served": elsewhere | {"data": _named(faces_record)},
        "scored_on": [Origin.of(record).record()],
        "unseen": others
        | {"data": _named(faces_record), "scored_on": [Origin.of(faces_record).record()]},
        **{f"unseen_{key}": others[key] for key in ("auc", "auc_low", "auc_high")},
        "dev_test": lfw.dev_test(
            np.concatenate([setters, embeddings]),
            np.concatenate(names),
            prepared.pairs(Path("data", str(candidate.scored_on))),
        ),
    }
    if embedder.pairs:
        metrics["by_pairs"] = _by_pairs(
            embedder.pairs, (setters, setting.people), (embeddings, scoring.people), protocol
        )
    calibration = _calibration(metrics, scoring.people, protocol, record, embedder.model_sha256)
    if Origin.of(record).is_drawn and published.is_known(embedder):
        calibration = published.calibration(embedder)
    calibration.write(candidate.tables / CALIBRATION)
    metrics["also"] = (
        f"{_summary(metrics, record)}; {_summary(others, faces_record)}; {calibration.in_words}"
    )

    pairs = all_pairs(scoring.people, metrics["folds"])
    distances = pairs.distances(embeddings)
    figures = {
        "roc": drawing.roc(distances, pairs.is_same, calibration.threshold),
        "det": drawing.det(distances, pairs.is_same, calibration.threshold),
        "distances": drawing.distance_histograms(distances, pairs.is_same, calibration.threshold),
        "map": drawing.embedding_map(embeddings, scoring.people),
        "hardest": drawing.hardest_pairs(scoring.images, distances, pairs),
    }
    if "galleries" in held_out:
        target = protocol.target_false_identification
        figures["galleries"] = drawing.galleries(held_out["galleries"], target)
    for name, figure in figures.items():
        figure.savefig(candidate.pictures / f"{name}.png", dpi=110)
    return metrics


def _by_pairs(
    classifier: PairClassifier,
    setting: tuple[np.ndarray, np.ndarray],
    scoring: tuple[np.ndarray, np.ndarray],
    protocol: Protocol,
) -> dict[str, Any]:
    """The classifier of pairs under the protocol of distances, with a threshold of its own.

    Args: embeddings and people of those who set the threshold, and of those who score it.
    """
    found = {}
    for key, (embeddings, people) in (("setting", setting), ("scoring", scoring)):
        pairs = all_pairs(people, evaluation.possible_folds(people, protocol.folds))
        distances = classifier.distances(embeddings[pairs.first], embeddings[pairs.second])
        found[key] = distances, pairs, people
    distances, pairs, people = found["scoring"]
    others, of_others, _ = found["setting"]
    threshold = threshold_at_far(others, of_others.is_same, protocol.target_far)
    return {
        "features": classifier.features,
        **verify(distances, pairs),
        **curve_numbers(distances, pairs.is_same),
        "threshold": threshold,
        **intervals.of_rates(distances <= threshold, pairs, people),
    }


def photographs(candidate: Candidate) -> tuple[prepared.Faces, prepared.Faces, dict]:
    """Who sets the thresholds, who scores them, and their record.

    Where the set says of nobody that they are kept for scoring, or the others are all among those
    that are trained on, as of one folder in both places, they are the same people, and the rates
    are cross-validated.
    """
    setting, scoring, record = load(candidate.scored_on)
    trained_on = prepared.shared(load(candidate.data)[0], setting)
    is_one = len(trained_on) == len(np.unique(setting.people))
    return (scoring if is_one else setting), scoring, record


def _calibration(
    metrics: dict[str, Any], people: np.ndarray, protocol: Protocol, record: dict, model_sha256: str
) -> Calibration:
    """Args: people: (n,) of the pictures that score."""
    calibrated, held_out = metrics["calibrated"], metrics["held_out"]
    named = [
        (row["people"], row["false_identification"]) for row in held_out.get("galleries", ())
    ] or by_entries(held_out.get("false_identification"), people)
    return Calibration(
        threshold=calibrated["threshold"],
        threshold_sd=calibrated["threshold_sd"],
        target_far=protocol.target_far,
        data=_named(record),
        data_digest=record["digest"],
        protocol=f"all pairs of {calibrated['examples']:,} pictures",
        model_sha256=model_sha256,
        people=calibrated["people"],
        scored_by=held_out["people"] if "galleries" in held_out else 0,
        galleries=calibrated["galleries"],
        target_false_identification=protocol.target_false_identification,
        false_identification=named[-1][1] if named else None,
        strangers_named=named,
        cropped=record["alignment"] != "five points",
        pairs_threshold=metrics.get("by_pairs", {}).get("threshold"),
        **{key: held_out.get(key) for key in ("far", "far_low", "far_high", "tar")},
    )


def _served(
    embedder: Embedder,
    strangers: prepared.Faces,
    threshold: float,
    galleries: GalleryThresholds,
    protocol: Protocol,
) -> dict[str, Any]:
    """What the served thresholds do on another data set's people, where enough are left."""
    try:
        evaluation.possible_folds(strangers.people, 2)
        return evaluation.served(
            embedder.embeddings(strangers.images),
            strangers.people,
            threshold,
            galleries,
            protocol.recognition_repeats,
        )
    except UserError as error:
        log.warning("the served threshold is not measured on others: %s", error)
        return {"threshold": threshold}


def _named(record: dict) -> str:
    return in_words([Origin.of(record)])


def _summary(metrics: dict, record: dict) -> str:
    return (
        f"on {metrics['people']:,} unseen people of {_named(record)}: AUC {metrics['auc']:.3f} "
        f"[{metrics['auc_low']:.3f}, {metrics['auc_high']:.3f}], accuracy "
        f"{metrics['balanced_accuracy']:.3f} (both kinds of pair weighing alike), "
        f"EER {metrics['eer']:.3f}"
    )


def load(section: str | None) -> tuple[prepared.Faces, prepared.Faces, dict]:
    """(train, test, source.json) of the prepared set of a section of params.yaml."""
    settings = params.settings(FaceSettings, str(section))
    return prepared.load(Path("data", str(section)), settings)
