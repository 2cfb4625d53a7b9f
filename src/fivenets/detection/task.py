"""Detection as the stages, the registry and the command line know it."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fivenets.core import files, images, listing, params
from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making, Rows, Service, Task
from fivenets.datasets.objects import preparation, prepared
from fivenets.detection import boxes, certificate, drawing, evaluation, scoring, sources
from fivenets.detection.detector import Detector, read_names
from fivenets.detection.settings import Conversion, DetectorRecipe, DrawnPage
from fivenets.detection.starting import started
from fivenets.detection.training import train
from fivenets.fitting import distribution

COMPARED = 3  # test pictures on which engines are compared
SHOWN = 12  # test pictures on the page


def training(candidate: Candidate) -> Making:
    """A YOLOv2 by its recipe, written as Darknet's files.

    What is served is read back from these, and they are what its certificate is about.
    """
    recipe = params.settings(DetectorRecipe, candidate.name, "train")
    data = prepared.of_section(candidate.data)
    recipe, start = started(recipe, params.load("data", "source"), Path("data/raw"))
    origins = [*data.origins, *([start.trained_on] if start and start.trained_on else [])]
    is_recorded = distribution.keeps_results(recipe.distribute)

    def make(log: Log) -> Rows:
        trained, rows = train(
            data, recipe, candidate.checkpoints, log.log_epoch, start, log.log_image
        )
        if not is_recorded:
            return rows
        cfg, weights, _ = trained.write_darknet(candidate.folder / "model")
        detector = Detector.from_darknet(
            cfg, weights, trained.labels, trained.resize, trained.trained_on
        )
        pictures = [example.image_rgb_uint8 for example in data.test[:COMPARED]]
        _keep(candidate, detector, cfg, weights, pictures)
        return rows

    return Making(asdict(recipe) | {"data": asdict(data.settings)}, origins, make, is_recorded)


def conversion(candidate: Candidate) -> Making:
    """A Keras model of Darknet's cfg and weights."""
    settings = params.settings(Conversion, candidate.name, "convert")
    pair = sources.fetch(settings.source, Path("data/raw"), params.load("data", "source"))

    def make(log: Log) -> Rows:
        start = time.perf_counter()
        labels, resize = read_names(pair.names), settings.resize_of(pair.resize)
        detector = Detector.from_darknet(pair.cfg, pair.weights, labels, resize, pair.origin)
        seconds = time.perf_counter() - start
        log.log_epoch(0, {"seconds": seconds})
        _keep(candidate, detector, pair.cfg, pair.weights, pair.photographs)
        return [{"epoch": 0, "seconds": seconds}]

    return Making(asdict(settings), [pair.origin], make)


def evaluate(candidate: Candidate) -> dict[str, Any]:
    """Agreement with other engines and speed; precision too, where there are boxes to score on.

    Leaves a page of pictures and curves of precision.
    """
    detector = Detector.from_file(candidate.file)
    record = json.loads(_certificate(candidate).read_text())
    fast = detector.for_inference("float32")  # numbers should not depend on the machine
    if candidate.scored_on is None:
        source = params.load("data", "source")
        found = sources.photographs(detector.trained_on, Path("data/raw"), source)
        pictures = [images.read_image(picture) for picture in found]
        metrics = evaluation.metrics(detector, record, pictures)
    else:
        data = prepared.of_section(candidate.scored_on)
        pictures = [example.image_rgb_uint8 for example in data.test[:SHOWN]]
        metrics = evaluation.metrics(detector, record, pictures)
        metrics |= _scores(fast, data, candidate)
    profile = boxes.PROFILES[params.settings(DrawnPage, candidate.name, "evaluate").profile]
    shown = [fast.detect_in(picture, profile) for picture in pictures]
    page = drawing.page(pictures, shown, detector.labels)
    page.save(candidate.pictures / "detections.png")
    _show_streets(fast, candidate)
    return metrics


def _show_streets(detector: Detector, candidate: Candidate) -> None:
    """What is found on the course's photographs of streets, by a detector that knows cars."""
    found = sources.streets(Path("data/raw"), params.load("data", "source"))
    if found and "car" in detector.labels:
        pictures = [images.read_image(file) for file in found]
        shown = detector.detect(pictures, boxes.PROFILES["course"])
        page = drawing.page(pictures, shown, detector.labels)
        page.save(candidate.pictures / "course_street.png")  # drive.ai, CC BY 4.0


def _scores(
    detector: Detector, data: prepared.ObjectDataset, candidate: Candidate
) -> dict[str, Any]:
    """Numbers of the first data set that has objects to find; those of others beside them."""
    found = scoring.by_source(detector, data)
    first, *others = found
    files.write_rows(candidate.tables / "curves.csv", scoring.curve_rows(first.ranked))
    scoring.curves(first.ranked).savefig(candidate.pictures / "curves.png", dpi=110)
    also = "; ".join([scoring.also(first.metrics), *(one.in_words() for one in others)])
    by_source = {one.origin.asset: one.record() for one in others}
    return {**first.record(), "by_source": by_source, "also": also}


def _keep(
    candidate: Candidate,
    detector: Detector,
    cfg: Path,
    weights: Path,
    pictures: Sequence[images.ImageSource],
) -> None:
    """Leaves the detector with the certificate of its conversion from `cfg` and `weights`."""
    detector.save(candidate.file)
    record = certificate.certify(detector, cfg, weights, pictures)
    _certificate(candidate).write_text(json.dumps(record, indent=2) + "\n")


def _certificate(candidate: Candidate) -> Path:
    return candidate.folder / "certificate.json"


TASK = Task(
    name="detection",
    prepare=preparation.prepare,
    listed=listing.everything,
    train=training,
    convert=conversion,
    evaluate=evaluate,
    better=sources.REAL_ASSETS,
    service=Service(
        script="object_detector.py",
        white=1.0,
        example="example_street.png",
        use="raw pictures in, class, score and box in pixels of each object out",
        limits="Knows its classes only, and misses small objects; scores are no probabilities.",
        limits_of_builtin="Trained on drawn scenes: expect little of it on photographs.",
        command="detect street.jpg --out drawn",
        pipeline="object-detection",
    ),
)
