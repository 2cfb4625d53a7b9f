"""An export answers as Keras does, with preprocessing inside; one that does not is refused."""

import errno
import json
import os
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from random_weights import random_weights

from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.core import files
from fivenets.core.candidates import Candidate
from fivenets.core.errors import UserError
from fivenets.datasets.places.prepared import PlaceExample
from fivenets.detection import compact, darknet, model, weights
from fivenets.detection.detector import Detector
from fivenets.exports import (
    certificate,
    classification,
    detection,
    formats,
    litert,
    localisation,
    writing,
)  # fmt: skip
from fivenets.exports.served import Served
from fivenets.localisation.locator import Locator
from fivenets.runs import registry

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (40, 16, 16, 3), np.uint8)
CANDIDATE = Candidate("small", "classification", "signs", None, None)


def classifier(test_time_mirror: bool = False) -> Classifier:
    """With an output that none of the labels is seen."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((16, 16, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(4),
    ]
    calibration = Calibration(3, temperature=0.5, least_score=-20.0)
    network = keras.Sequential(layers, name="small")
    return Classifier(network, "abc", calibration, test_time_mirror=test_time_mirror)


def served(tolerance: float = 0.0) -> Served:
    asked = classifier()
    labels = asked.probabilities(PICTURES).argmax(axis=1)
    return Served(
        network=classification.network(asked.network, asked),
        sides=(16, 16),
        preparation="RGB",
        meanings={"probabilities": "p", "score": "s"},
        also={"labels": list("abc")},
        pictures=PICTURES,
        tested_on="noise",
        training=list(PICTURES),
        metric="accuracy",
        score=lambda outputs: float((outputs["probabilities"].argmax(axis=1) == labels).mean()),
        tolerance=tolerance,
        apart=lambda one, other: {},
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A registered model that is small; returns the folder to export to."""
    version = SimpleNamespace(name="signs", version="1", tags={"model": "small"})
    monkeypatch.setattr(registry, "version_of", lambda _: version)
    monkeypatch.setattr(registry, "model_file", lambda _: Path("model.keras"))
    monkeypatch.setattr(writing.candidates, "find", lambda _: CANDIDATE)
    monkeypatch.setattr(writing, "served_by", lambda *_: served())
    return tmp_path / "exports" / "small"


@pytest.mark.parametrize("test_time_mirror", [False, True])
def test_the_service_is_inside_the_network(test_time_mirror: bool) -> None:
    asked = classifier(test_time_mirror)
    found = classification.network(asked.network, asked).predict_on_batch(PICTURES)
    expected = asked.classify(list(PICTURES))
    for row, one in enumerate(expected):
        known = list(one.probabilities.values())
        np.testing.assert_allclose(found["probabilities"][row], known, atol=1e-5)
        assert found["score"][row] == pytest.approx(one.score, abs=1e-4)


def test_a_detectors_scales_are_those_that_it_decodes() -> None:
    cfg = darknet.parse(compact.cfg(32, 64, 2, [(1.0, 2.0)] * 2, 4), "small.cfg")
    _, numbers = random_weights(cfg, 0)
    network = model.build(cfg)
    model.load(network, numbers)
    detector = Detector(network, cfg, weights.Header(0, 2, 5, 0), ["x", "y"])
    picture = detection.input_of(RNG.integers(0, 256, (50, 90, 3), np.uint8), detector)
    found = detection.network(detector.for_inference("float32")).predict_on_batch(picture[None])
    expected = detector.raw(picture[None].astype(np.float32) / 255)
    np.testing.assert_allclose(found["scale_1"], expected[0], atol=1e-4)


def test_a_locators_export_is_scored_by_what_it_locates(tmp_path: Path, monkeypatch) -> None:
    vector = np.array([3, 0.5, 0.5, 0.4, 0.4, 0], np.float32)
    pictures = keras.Input((32, 32, 3))
    answer = keras.layers.Dense(len(vector), kernel_initializer="zeros", name="answer")
    network = keras.Model(pictures, answer(keras.layers.Flatten()(pictures)))
    answer.bias.assign(vector)
    Locator(network, ["car"], "box").save(tmp_path / "x.keras")
    shown = RNG.integers(0, 256, (2, 32, 32, 3), np.uint8)
    test = [
        PlaceExample(shown[0], 0, vector[1:5]),
        PlaceExample(shown[1], -1, np.zeros(4, np.float32)),
    ]
    data = SimpleNamespace(test=test, train=test, form="box", labels=["car"])
    monkeypatch.setattr(localisation.prepared, "of_section", lambda *_: data)
    candidate = Candidate("it", "localisation", "it", "windows", "windows")
    found = localisation.served(candidate, tmp_path / "x.keras", 2)
    answers = found.network.predict_on_batch(found.pictures)
    np.testing.assert_allclose(answers["answer"], [vector] * 2)
    assert found.score(answers) == 0.5  # where nothing is it sees a car
    moved = {"answer": answers["answer"] + np.array([9, 0, 0.1, 0, 0, 9], np.float32)}
    assert found.apart(answers, moved) == {"places_apart": pytest.approx(0.1)}


@pytest.mark.parametrize("form", ["litert", "openvino", "saved_model", "onnx"])
def test_every_format_is_certified_in_its_own_runtime(small: Path, form: str) -> None:
    if form == "onnx" and not find_spec("tf2onnx"):
        pytest.skip("the extra `export` is not installed")
    document = writing.export("signs", form, small, is_int8=False, is_forced=False)
    assert document["certificate"]["failures"] == []
    assert document["certificate"]["accuracy"] == {"keras": 1.0, "export": 1.0}
    assert json.loads((small / writing.DOCUMENT).read_text())["labels"] == ["a", "b", "c"]
    assert {one["name"] for one in document["outputs"]} == {"probabilities", "score"}
    assert sorted(document["files"]) == sorted(
        str(file.relative_to(small))
        for file in small.rglob("*")
        if file.is_file() and file.name != writing.DOCUMENT
    )
    answer = formats.find(form, False).opened(small)(PICTURES[:1])
    expected = served().network.predict_on_batch(PICTURES[:1])
    np.testing.assert_allclose(answer["score"], expected["score"], atol=1e-4)


@pytest.mark.parametrize("form", ["litert", "openvino"])
def test_int8_is_int8_in_weights_and_numbers(small: Path, form: str) -> None:
    if form == "openvino" and not find_spec("nncf"):
        pytest.skip("the extra `export` is not installed")
    document = writing.export("signs", form, small, is_int8=True, is_forced=True)
    assert document["certificate"]["int8_operations"] == "2 of 2"


def test_an_int8_file_that_is_float_fails(tmp_path: Path) -> None:
    one = served()
    litert.write(one, tmp_path, None)
    record = certificate.certify(one, litert, tmp_path, is_int8=True)
    assert record["failures"] == ["0 of 2 convolutions and products are in int8"]


def test_nan_in_any_output_fails() -> None:
    for name in ("probabilities", "score"):
        one = served()

        def ask(pictures: np.ndarray, name: str = name, one: Served = one) -> dict:
            outputs = one.network.predict_on_batch(pictures)
            return outputs | {name: outputs[name] * np.nan}

        form: Any = SimpleNamespace(opened=lambda _, ask=ask: ask, PACKAGES=[])
        form.kinds_of_operations = lambda _: []
        record = certificate.certify(one, form, Path(), is_int8=False)
        assert "outputs differ by nan of the largest, more than 0.0001" in record["failures"]


def test_what_answers_otherwise_is_refused_and_loses_nothing(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing.export("signs", "saved_model", small, is_int8=False, is_forced=False)
    before = (small / writing.DOCUMENT).read_bytes()
    right = formats.find("litert", False)

    def opened(folder: Path):
        ask = right.opened(folder)
        return lambda picture: {
            name: np.roll(value, 1, axis=-1) for name, value in ask(picture).items()
        }

    wrong = SimpleNamespace(**{**vars(litert), "opened": opened})
    monkeypatch.setattr(formats, "find", lambda *_: wrong)
    with pytest.raises(UserError, match=r"is not written: accuracy is .* is lost; outputs differ"):
        writing.export("signs", "litert", small, is_int8=False, is_forced=False)
    assert (small / writing.DOCUMENT).read_bytes() == before
    assert [file.name for file in small.parent.iterdir()] == ["small"]
    forced = writing.export("signs", "litert", small, is_int8=False, is_forced=True)
    assert len(forced["certificate"]["failures"]) == 2
    assert not (small / "saved_model").exists()


def test_what_cannot_be_exported_is_a_sentence(small: Path, tmp_path: Path, fivenets) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    for words, complaint in (
        (("--format", "caffe"), "--format should be one of litert, onnx, openvino, saved_model"),
        (("--format", "saved_model", "--int8"), "--int8 is for the formats litert, openvino"),
        (("--format", "litert", "--out", tmp_path / "mine"), "holds other files: expected a new"),
    ):
        assert complaint in fivenets.refused("export", "signs", *words)


def test_gradients_have_no_export_and_missing_data_are_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for task, data, complaint in (
        ("style", None, "what is asked of it is gradients"),
        ("classification", "hands", "data/hands is not there, .*prepare.py classification hands`"),
    ):
        with pytest.raises(UserError, match=complaint):
            writing.served_by(Candidate("it", task, "it", data, data), Path("model.keras"))


def test_an_earlier_export_outlasts_a_failure(tmp_path: Path, monkeypatch) -> None:
    out, replace = tmp_path / "out", os.replace
    out.mkdir()
    (out / writing.DOCUMENT).write_text("{}")

    def failing(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError("no room")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no room"), writing._folder(out) as made:
        (made / "new.txt").touch()
    assert [file.name for file in out.iterdir()] == [writing.DOCUMENT]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_replaced_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked" / "out").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "locked" / "out")
    (tmp_path / "mounted").mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "mounted")
    for folder in (Path(), Path(".."), tmp_path / "mounted"):
        with pytest.raises(UserError, match=r"^--out .* cannot be replaced: name a folder in it$"):
            writing.check_out(folder)
    new_file = files._new_file

    def refused(folder: Path, suffix: str = "") -> Path:  # modes of folders bind no root
        if folder.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return new_file(folder, suffix)

    monkeypatch.setattr(files, "_new_file", refused)
    with pytest.raises(UserError, match=r"^--out .*locked cannot be written to: Permission"):
        writing.check_out(tmp_path / "locked" / "out")


def test_an_export_replaces_its_own_files_only(tmp_path: Path) -> None:
    (tmp_path / writing.DOCUMENT).write_text('{"files": {"model.xml": "1"}}')
    (tmp_path / "model.xml").touch()
    writing.check_out(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="holds other files"):
        writing.check_out(tmp_path)
