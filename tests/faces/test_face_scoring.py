"""Scoring a model: who sets thresholds, who scores them, and that all who use one use the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers
from ruamel.yaml import YAML

from fivenets.core import candidates
from fivenets.core.digests import sha256
from fivenets.datasets.faces.faces_dataset_builder import Builder, Crop
from fivenets.datasets.storing import replacing, write_source
from fivenets.faces import drawing, scoring
from fivenets.faces.calibration import Calibration
from fivenets.faces.embedder import Embedder
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.sources.origin import Kind, Origin

EVALUATION = {
    "folds": 3,
    "target_far": 0.05,
    "target_false_identification": 0.1,
    "recognition_repeats": 2,
    "siamese_strength": 0.1,
}


def store(folder: Path, people: range, parts: bool, is_drawn: bool = False) -> None:
    """Three pictures of each person; of `parts`, which are aligned, two thirds set thresholds."""
    rng = np.random.default_rng(people.start)
    crops = []
    for place, person in enumerate(people):
        part = ("train" if place < 2 * len(people) // 3 else "test") if parts else ""
        own = rng.integers(0, 255, (4, 4, 3))
        for number in range(3):
            pixels = np.clip(own + rng.integers(-30, 30, own.shape), 0, 255).astype(np.uint8)
            crops.append(Crop(pixels, f"p{person}", f"{person} {number}", "", part))
    with replacing(folder) as scratch:
        Builder(data_dir=scratch, config="folder", crops=crops).download_and_prepare()
        digest = "0" * 64
        origin = Origin(folder.name, Kind.FOLDER, digest, "the user's own")
        origin = Origin.drawn(folder.name, digest) if is_drawn else origin
        alignment = "five points" if parts else "none: cropped already"
        write_source(scratch, [origin], skipped=[], alignment=alignment)


@pytest.fixture
def candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> candidates.Candidate:
    monkeypatch.chdir(tmp_path)
    section = {"dataset": "x", "align": False, "test_people": 0, "split_seed": 0}
    values = {"shown": section, "others": section, "tiny": {"evaluate": EVALUATION}}
    with Path("params.yaml").open("w") as file:
        YAML().dump(values, file)
    one = candidates.Candidate("tiny", "faces", "facenet", "others", "shown")
    for folder in (one.folder, one.pictures, one.tables):
        folder.mkdir(parents=True)
    image = keras.Input((4, 4, 3))
    flat = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    network = keras.Model(image, layers.UnitNormalization()(flat))
    pairs = PairClassifier("absolute_difference", [-1.0] * 48, 3.0)
    Embedder(network, pairs=pairs).save(one.file)
    store(Path("data/others"), range(100, 112), parts=False)
    return one


@pytest.fixture(autouse=True)
def few_figures() -> Iterator[None]:
    yield
    plt.close("all")


def drawn_thresholds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    for name in ("roc", "det", "distance_histograms"):
        draw = getattr(drawing, name)

        def recorded(distances, is_same, threshold, draw=draw):
            found.append(threshold)
            return draw(distances, is_same, threshold)

        monkeypatch.setattr(drawing, name, recorded)
    return found


@pytest.mark.parametrize("parts", [True, False])
def test_one_threshold_is_registered_drawn_and_scored(
    candidate: candidates.Candidate, parts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(Path("data/shown"), range(30), parts)
    drawn = drawn_thresholds(monkeypatch)
    metrics = scoring.evaluate(candidate)
    served = Calibration.read(candidate.tables / scoring.CALIBRATION)
    assert {*drawn, metrics["served"]["threshold"]} == {served.threshold}
    assert metrics["calibrated"]["threshold"] == served.threshold
    assert served.cropped is not parts
    assert metrics["calibrated"]["people"] == served.people == (20 if parts else 30)
    assert metrics["people"] == served.scored_by + (0 if parts else 30) == (10 if parts else 30)
    # The rates beside it are those of the people who did not set it.
    held_out = metrics["held_out"]
    assert (served.far, served.far_high) == (held_out["far"], held_out["far_high"])
    assert ("galleries" in held_out) is parts
    rows = held_out.get("galleries", ())
    named = [[row["people"], row["false_identification"]] for row in rows]
    cross_validated = [[81, held_out.get("false_identification")]]  # three people of 30 are out
    assert served.strangers_named == (named if parts else cross_validated)
    assert served.false_identification == served.strangers_named[-1][1]
    assert (candidate.pictures / "galleries.png").exists() is parts
    assert metrics["auc"] > 0.99
    rounding = 1e-9
    assert metrics["auc_low"] - rounding <= metrics["auc"] <= metrics["auc_high"] + rounding
    assert metrics["by_pairs"]["auc"] > 0.99
    assert served.pairs_threshold == metrics["by_pairs"]["threshold"] != served.threshold
    assert metrics["dev_test"] == {}
    json.dumps(metrics, allow_nan=False)


def test_people_whom_a_model_was_trained_on_set_no_threshold_of_it(
    candidate: candidates.Candidate,
) -> None:
    store(Path("data/shown"), range(30), parts=True)
    own = candidates.Candidate("tiny", "faces", "facenet-lfw", "shown", "shown")
    setting, scorers, _ = scoring.photographs(own)
    assert setting is scorers
    assert len(set(scorers.people)) == 10


@pytest.mark.parametrize(("is_drawn", "is_known"), [(True, True), (True, False), (False, True)])
def test_what_was_measured_on_photographs_stands_in_for_drawn_people(
    candidate: candidates.Candidate, is_drawn: bool, is_known: bool
) -> None:
    store(Path("data/shown"), range(30), parts=True, is_drawn=is_drawn)
    weights = Origin("dlib_face_recognition", Kind.PACKAGE, "0" * 64, "CC0")
    embedder = Embedder.from_file(candidate.file)
    embedder.sources, embedder.test_time_mirror = [weights] if is_known else [], True
    embedder.save(candidate.file)
    metrics = scoring.evaluate(candidate)
    served = Calibration.read(candidate.tables / scoring.CALIBRATION)
    assert served.model_sha256 == sha256(candidate.file)
    expected = 0.527579 if is_drawn and is_known else metrics["calibrated"]["threshold"]
    assert served.threshold == expected
    assert ("of LFW (measured beforehand) for FAR 0.001" in metrics["also"]) is (
        is_drawn and is_known
    )
