"""An export answers as Keras does, with preprocessing inside; one that does not is refused."""

import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from small_network import PICTURES, classifier, served

from fivenets.core.errors import UserError
from fivenets.exports import certificate, classification, formats, litert, saved_model, writing
from fivenets.exports.served import Served


@pytest.mark.parametrize("test_time_mirror", [False, True])
def test_the_service_is_inside_the_network(test_time_mirror: bool) -> None:
    asked = classifier(test_time_mirror)
    found = classification.network(asked.network, asked).predict_on_batch(PICTURES)
    expected = asked.classify(list(PICTURES))
    for row, one in enumerate(expected):
        known = list(one.probabilities.values())
        np.testing.assert_allclose(found["probabilities"][row], known, atol=1e-5)
        assert found["score"][row] == pytest.approx(one.score, abs=1e-4)


def said(capfd: pytest.CaptureFixture[str]) -> str:
    """What was printed, but for TensorFlow's warning that earlier tests have compiled much."""
    printed = capfd.readouterr()
    lines = (printed.out + printed.err).splitlines(keepends=True)
    return "".join(line for line in lines if "triggered tf.function retracing" not in line)


@pytest.mark.parametrize("form", ["litert", "openvino", "saved_model", "onnx"])
def test_every_format_is_certified_in_its_own_runtime(
    small: Path, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if form == "onnx" and not find_spec("tf2onnx"):
        pytest.skip("the extra `export` is not installed")
    document = writing.export("signs", form, small, is_int8=False, is_forced=False)
    assert said(capfd) == "" or form == "onnx"
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


def test_a_saved_model_has_each_number_once(tmp_path: Path) -> None:
    one = served()
    saved_model.write(one, tmp_path, None)
    kept = tf.train.list_variables(str(tmp_path / saved_model.FOLDER / "variables" / "variables"))
    sizes = [int(np.prod(shape)) for name, shape in kept if name.endswith("VARIABLE_VALUE")]
    assert sum(sizes) == one.network.count_params()


@pytest.mark.parametrize("form", ["litert", "openvino"])
def test_int8_is_int8_in_weights_and_numbers(
    small: Path, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if form == "openvino" and not find_spec("nncf"):
        pytest.skip("the extra `export` is not installed")
    document = writing.export("signs", form, small, is_int8=True, is_forced=True)
    assert said(capfd) == "" or form == "openvino"  # NNCF's bars show how far it is
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
