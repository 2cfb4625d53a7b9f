"""Faces as the stages, the registry and the command line know them."""

import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fivenets.core import listing, params
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.datasets.faces import preparation, prepared
from fivenets.datasets.settings import FaceSettings, TrainedFaces
from fivenets.faces import (
    alignment,
    dlib_resnet,
    drawing,
    evaluation,
    identification,
    lfw,
    mining,
    sets,
    training,
)
from fivenets.faces.embedder import Calibration, Embedder
from fivenets.faces.settings import Conversion, Protocol, Recipe
from fivenets.faces.verification import all_pairs
from fivenets.sources.origin import Kind, Origin, in_words

log = logging.getLogger(__name__)

CALIBRATION = "model.calibration.json"


def prepare(section: str, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the set that a section of params.yaml names, its faces upright where that is asked."""
    preparation.prepare(_settings(section), source, out, raw_dir, alignment.align_central)


def train(candidate: Candidate) -> Making:
    """An embedding by triplet loss, of the people to train on."""
    recipe = params.settings(Recipe, candidate.name, "train")
    # It changes nothing in the network: a training that could not be scored is refused.
    protocol = params.settings(Protocol, candidate.name, "evaluate")
    settings = params.settings(TrainedFaces, str(candidate.data))
    sets.refuse_one_dataset(settings, _settings(str(candidate.scored_on)))
    faces, unseen, source = _load(candidate.data)
    _, photographs, _ = _load(candidate.scored_on)
    faces = sets.to_train_on(faces, unseen, photographs, protocol)
    # Batches that cannot be made are refused before a run is opened.
    mining.batches_per_epoch(faces.labels, recipe.people_per_batch, recipe.images_per_person)
    pretrained = training.pretrained(recipe, Path("data/raw"), params.load("data", "source"))

    def make(log: Log) -> Rows:
        network, rows = training.train(
            training.pictures(faces.images, recipe),
            faces.labels,
            {**asdict(settings), "digest": source["digest"]},
            recipe,
            candidate.checkpoints,
            log.log_epoch,
            pretrained,
        )
        Embedder(network, trained_on=source["digest"]).save(candidate.file)
        return rows

    return Making(asdict(recipe) | {"data": asdict(settings)}, [Origin.of(source)], make)


def conversion(candidate: Candidate) -> Making:
    """The pretrained face ResNet, of its published weights."""
    settings = asdict(params.settings(Conversion, candidate.name, "convert"))
    found = dlib_resnet.fetched(Path("data/raw"), params.load("data", "source"))
    if found:
        origin, folder = found.origin, found.folder
    else:
        log.warning("%s: its weights cannot be had: the network stays untrained", candidate.name)
        origin, folder = Origin(dlib_resnet.DLIB, Kind.UNTRAINED, "0" * 64, "Apache-2.0"), None

    def make(log: Log) -> Rows:
        started = time.perf_counter()
        Embedder(dlib_resnet.convert(folder, **settings)).save(candidate.file)
        seconds = time.perf_counter() - started
        log.log_epoch(0, {"seconds": seconds})
        return [{"epoch": 0, "seconds": seconds}]

    return Making(settings, [origin], make)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Numbers on photographs and on people unseen in training; leaves pictures and a threshold."""
    protocol = params.settings(Protocol, candidate.name, "evaluate")
    embedder = Embedder.from_file(candidate.file)
    _, photographs, source = _load(candidate.scored_on)
    seen, unseen, faces_source = _load(candidate.data)
    if not embedder.trained_on:
        unseen = seen.and_also(unseen)
    elif embedder.trained_on != faces_source["digest"]:
        raise UserError(
            f"data/{candidate.data} is not what {candidate.name} was trained on: run `dvc repro`"
        )
    else:
        trained = seen.repeated()
        sets.refuse_shared(trained, photographs, "trained on and among the photographs")
        unseen = sets.without(unseen, trained, "the network was trained on them")
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
        "scored_on": [Origin.of(source).record()],
        "unseen": others
        | {"data": _named(faces_source), "scored_on": [Origin.of(faces_source).record()]},
        **{f"unseen_{key}": others[key] for key in ("auc", "auc_low", "auc_high")},
        "also": f"{_summary(metrics, source)}; {_summary(others, faces_source)}; "
        f"{identification.described(served)}",
    }
    if protocol.lfw_pairs:
        metrics["lfw_pairs"] = lfw.verification(lfw.fetch(Path("data/raw")), embedder)
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
    ).write(candidate.tables / CALIBRATION)

    pairs = all_pairs(photographs.people, metrics["folds"])
    distances = pairs.distances(embeddings)
    pictures = {
        "roc": drawing.roc(distances, pairs.is_same),
        "distances": drawing.distance_histograms(distances, pairs.is_same, metrics["threshold"]),
        "map": drawing.embedding_map(embeddings, photographs.people),
        "hardest": drawing.hardest_pairs(photographs.images, distances, pairs),
    }
    for picture, figure in pictures.items():
        figure.savefig(candidate.pictures / f"{picture}.png", dpi=110)
    return metrics


def _served(
    embedder: Embedder, strangers: prepared.Faces, threshold: float, protocol: Protocol
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
    return in_words([Origin.of(source)])


def _summary(numbers: dict, source: dict) -> str:
    return (
        f"on {numbers['people']} unseen people of {_named(source)}: AUC {numbers['auc']:.3f} "
        f"[{numbers['auc_low']:.3f}, {numbers['auc_high']:.3f}], accuracy "
        f"{numbers['balanced_accuracy']:.3f} (both kinds of pair weighing alike), "
        f"EER {numbers['eer']:.3f}"
    )


def _settings(section: str) -> FaceSettings:
    return params.settings(FaceSettings, section)


def _load(section: str | None) -> tuple[prepared.Faces, prepared.Faces, dict]:
    return prepared.load(Path("data", str(section)), _settings(str(section)))


TASK = Task(
    name="faces",
    prepare=prepare,
    listed=listing.labelled,
    train=train,
    convert=conversion,
    evaluate=evaluate,
    better=(dlib_resnet.QUANTISED,),
    service=Service(
        script="face_verifier.py",
        example="example_face.png",
        use="two raw pictures in, same person or not out; one picture in, its embedding out",
        limits="Scored on few and famous people: calibrate the threshold on your own, and do not "
        "decide over anybody by it; error rates differ between groups of people.",
        limits_of_builtin="Made or scored without photographs: of no use on real people.",
        beside={"calibration": CALIBRATION},
        requirements=("joblib", "lz4", "mtcnn"),
        options={"cropped": False},
    ),
)
