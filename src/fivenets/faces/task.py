"""Faces as the stages, the registry and the command line know them."""

import logging
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import keras

from fivenets.core import files, listing, params
from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256, tree_sha256
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.datasets.faces import preparation
from fivenets.datasets.settings import FaceSettings, TrainedFaces
from fivenets.faces import (
    alignment,
    dlib_resnet,
    mining,
    nn4,
    scoring,
    sets,
    training,
)
from fivenets.faces.embedder import Embedder
from fivenets.faces.settings import Conversion, EmbeddingRecipe, Protocol
from fivenets.fitting import distribution, engine
from fivenets.sources.origin import Kind, Origin

log = logging.getLogger(__name__)


def train(candidate: Candidate) -> Making:
    """An embedding by triplets or pairs, of the people to train on."""
    recipe = params.settings(EmbeddingRecipe, candidate.name, "train")
    # It changes nothing in the network: a training that could not be scored is refused.
    protocol = params.settings(Protocol, candidate.name, "evaluate")
    settings = params.settings(TrainedFaces, str(candidate.data))
    sets.refuse_one_dataset(*map(_settings, (str(candidate.data), str(candidate.scored_on))))
    faces, unseen, record = scoring.load(candidate.data)
    setting, scorers, _ = scoring.photographs(candidate)
    faces = sets.to_train_on(faces, unseen, setting, scorers, protocol)
    # Batches that cannot be made are refused before a run is opened.
    mining.batches_per_epoch(faces.labels, recipe.people_per_batch, recipe.images_per_person)
    source = params.load("data", "source")
    pretrained, weights = training.pretrained(recipe, Path("data/raw"), source)
    made_of = [Origin.of(record), *weights]
    is_recorded = distribution.keeps_results(recipe.distribute)

    def make(log: Log) -> Rows:
        network, pairs, rows = training.train(
            training.inputs(faces.images, recipe),
            faces.labels,
            {**asdict(settings), "digest": record["digest"]},
            recipe,
            candidate.checkpoints,
            log.log_epoch,
            pretrained,
            log.log_image,
        )
        if not is_recorded:
            return rows
        Embedder(network, "", record["digest"], made_of, pairs).save(candidate.file)
        return rows

    parameters = asdict(recipe) | {"data": asdict(settings)}
    return Making(parameters, made_of, make, is_recorded)


def conversion(candidate: Candidate) -> Making:
    """The pretrained face ResNet, of its published weights; or nn4.small2, of OpenFace's."""
    settings = params.settings(Conversion, candidate.name, "convert")
    network, origin = _converted(settings, params.load("data", "source"))
    if origin.kind == Kind.UNTRAINED:
        log.warning("%s: its weights cannot be had: the network stays untrained", candidate.name)

    def make(log: Log) -> Rows:
        started = time.perf_counter()
        mirror = settings.test_time_mirror
        Embedder(network, sources=[origin], test_time_mirror=mirror).save(candidate.file)
        seconds = time.perf_counter() - started
        log.log_epoch(0, {"seconds": seconds})
        return [{"epoch": 0, "seconds": seconds}]

    return Making(asdict(settings), [origin], make)


def _converted(settings: Conversion, source: str) -> tuple[keras.Model, Origin]:
    """The network that the settings ask for, with its weights, and where these are from."""
    if settings.weights != "auto":
        folder = files.expanded(settings.weights)
        if folder.suffix == ".keras":  # of `fivenets import`
            network = engine.in_keras(Embedder.from_file(folder).network)
            return network, Origin.own(folder.name, sha256(folder))
        network = nn4.nn4_small2()
        nn4.load_openface_csv(network, folder)
        return network, Origin.own(f"{folder.name} (OpenFace)", tree_sha256(folder))
    found = dlib_resnet.fetched(Path("data/raw"), source)
    network = dlib_resnet.convert(found and found.folder, seed=settings.seed)
    untrained = Origin(dlib_resnet.DLIB, Kind.UNTRAINED, "0" * 64, "Apache-2.0")
    return network, found.origin if found else untrained


def _settings(section: str) -> FaceSettings:
    return params.settings(FaceSettings, section)


TASK = Task(
    name="faces",
    prepare=partial(preparation.prepare, align=alignment.align_central),
    listed=listing.labelled,
    train=train,
    convert=conversion,
    evaluate=scoring.evaluate,
    better=(dlib_resnet.QUANTISED,),
    service=Service(
        script="face_verifier.py",
        example="example_face.png",
        use="two raw pictures in, same person or not out; one picture in, its embedding out",
        limits="Scored on famous people: calibrate the threshold on your own pictures, and do not "
        "decide over anybody by it; error rates differ between groups of people.",
        limits_of_builtin="Made or scored without photographs: of no use on real people.",
        command="verify one.jpg another.jpg",
        pipeline="image-feature-extraction",
        beside={"calibration": scoring.CALIBRATION},
        # Of a distance, less than its threshold is known to: docs/decisions/0017.
        tolerance=1e-4,
        requirements=("joblib", "lz4", "mtcnn", "opencv-contrib-python-headless"),
        options={"cropped": False, "face": "largest"},
    ),
)
