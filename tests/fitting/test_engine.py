"""An export answers as Keras does, and one that is not of the file beside it does not answer."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import compact, darknet, model
from fivenets.fitting import engine, export, inference, model_files
from fivenets.fitting.engine import Export, NoExportError, OpenVinoNetwork
from fivenets.style.image_transformer import image_transformer

METADATA = {"labels": ["a", "b"]}
ONE_PICTURE = [np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3)]


def classifier() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
            layers.UnitNormalization(),  # as of an embedding
        ],
        name="small",
    )


def detector() -> keras.Model:
    """With reorg, routes and leaky activations, on rows and columns that differ."""
    return model.build(darknet.parse(compact.cfg(64, 96, 2, [(1.0, 2.0)] * 5, 4), "small.cfg"))


def painter() -> keras.Model:
    return image_transformer(2, 1)


def saved(network: keras.Model, path: Path) -> Path:
    """With weights that no normalisation starts with."""
    rng = np.random.default_rng(0)
    for weight in network.weights:
        value = rng.uniform(0.5, 1.5, weight.shape) if weight.path.endswith("variance") else None
        weight.assign(rng.normal(0, 0.3, weight.shape) if value is None else value)
    model_files.save(network, path, METADATA)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .keras file with its export."""
    file = saved(classifier(), tmp_path_factory.mktemp("made") / "model.keras")
    export.export(file, ONE_PICTURE, 255.0, 1e-5)
    return file


@pytest.fixture
def exported(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    for file in made.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path / "model.keras"


@pytest.mark.parametrize(
    ("build", "white", "shape"),
    [(classifier, 255, (16, 16, 3)), (detector, 1, (64, 96, 3)), (painter, 1, (40, 52, 3))],
)
def test_an_export_answers_as_keras(build, white: float, shape: tuple, tmp_path: Path) -> None:
    file = saved(build(), tmp_path / "model.keras")
    record = export.export(file, ONE_PICTURE, white, 1e-5)
    assert 0 <= record["certificate"]["max_difference"] <= 1e-5
    network, metadata = engine.load(file)
    assert isinstance(network, OpenVinoNetwork)
    known, known_metadata = model_files.load(file)
    assert metadata == known_metadata
    assert metadata["labels"] == ["a", "b"]
    assert (network.name, network.input_shape) == (known.name, known.input_shape)
    for count in (1, 9):
        inputs = np.random.default_rng(1).uniform(0, white, (count, *shape)).astype(np.float32)
        answer, expected = (inference.outputs(one, inputs, 100) for one in (network, known))
        np.testing.assert_allclose(answer, expected, atol=1e-5 * np.abs(expected).max())


def test_bytes_of_a_picture_are_taken_as_numbers(made: Path) -> None:
    network, _ = engine.load(made)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    expected = inference.outputs(engine.in_keras(network), pictures, 2)
    np.testing.assert_allclose(inference.outputs(network, pictures, 2), expected, atol=1e-5)


def test_threads_share_a_network(made: Path) -> None:
    network, _ = engine.load(made)
    inputs = np.random.default_rng(0).uniform(0, 255, (40, 1, 16, 16, 3)).astype(np.float32)
    expected = [network.predict_on_batch(one) for one in inputs]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(network.predict_on_batch, inputs))
    np.testing.assert_array_equal(found, expected)


def test_an_answer_is_not_overwritten_by_the_next(made: Path) -> None:
    network, _ = engine.load(made)
    zeros = network.predict_on_batch(np.zeros((1, 16, 16, 3)))
    before = zeros.copy()
    network.predict_on_batch(np.full((1, 16, 16, 3), 200.0))
    np.testing.assert_array_equal(zeros, before)


def test_an_export_of_other_weights_does_not_answer(exported: Path, caplog, monkeypatch) -> None:
    other = classifier()
    model_files.save(other, exported, METADATA)
    monkeypatch.delitem(sys.modules, "keras")  # somebody waits for its import, and is told why
    network, _ = engine.load(exported)
    assert isinstance(network, keras.Model)
    inputs = np.ones((1, 16, 16, 3), np.float32)
    expected = inference.outputs(other, inputs, 1)
    np.testing.assert_allclose(inference.outputs(network, inputs, 1), expected, rtol=1e-6)
    assert caplog.messages == [
        "model.keras: Keras answers, which takes seconds to start: "
        "the export beside it does not fit model.keras"
    ]


@pytest.mark.parametrize(
    ("ending", "content", "sentence"),
    [
        (".xml", None, "it has no model.xml beside it"),
        (".bin", None, "it has no model.bin beside it"),
        (".openvino.json", None, "it has no model.openvino.json beside it"),
        (".bin", b"", "does not fit model.bin"),
        (".xml", b"<net/>", "does not fit model.xml"),
        (".openvino.json", b"{", "cannot be read"),
        (".openvino.json", b"[]", "cannot be read"),
        (".openvino.json", b"{}", "cannot be read"),
    ],
)
def test_a_damaged_export_does_not_answer(exported: Path, ending, content, sentence) -> None:
    damaged = exported.with_suffix(ending)
    damaged.unlink() if content is None else damaged.write_bytes(content)
    with pytest.raises(NoExportError, match=sentence):
        engine.exported(exported)
    network, metadata = engine.load(exported)
    assert isinstance(network, keras.Model)
    assert metadata["labels"] == ["a", "b"]


def test_one_other_byte_is_noticed(exported: Path) -> None:
    weights = exported.with_suffix(".bin")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(NoExportError, match=r"does not fit model\.bin"):
        engine.exported(exported)


def test_an_export_that_openvino_cannot_read_does_not_answer(exported: Path) -> None:
    files = Export.of(exported)
    files.xml.write_bytes(b"<net/>")
    record = json.loads(files.record.read_text())
    record["sha256"][".xml"] = engine.sha256(files.xml)
    files.record.write_text(json.dumps(record))
    with pytest.raises(NoExportError, match="cannot be read"):
        engine.exported(exported)


def test_without_openvino_keras_answers(exported: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(NoExportError, match="OpenVINO is not installed"):
        engine.exported(exported)


def test_no_file_is_a_sentence(tmp_path: Path, caplog) -> None:
    with pytest.raises(UserError, match="no such model file"):
        engine.load(tmp_path / "none.keras")
    assert caplog.messages == []


def test_an_export_that_computes_something_else_is_not_written(tmp_path: Path) -> None:
    file = saved(classifier(), tmp_path / "model.keras")
    with pytest.raises(export.NotEqualError, match=r"outputs differ by \d"):
        export.export(file, ONE_PICTURE, 255.0, tolerance=-1.0)  # no difference is below it
    assert [left.name for left in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("wrong", [np.nan, 1e-3])
def test_a_certificate_sees_what_is_not_equal(wrong: float) -> None:
    network = classifier()
    other = keras.models.clone_model(network)
    other.set_weights(network.get_weights())
    inputs = export.inputs_of(network, ONE_PICTURE, 255.0)
    assert export.compared(network, other, inputs, 1e-5)["max_difference"] <= 1e-6
    bias = other.layers[-2].bias
    bias.assign(bias + wrong)
    with pytest.raises((export.NotEqualError, UserError), match=r"outputs differ by|not finite"):
        export.compared(network, other, inputs, 1e-5)


def test_a_certificate_sees_nan_in_any_output() -> None:
    pictures = keras.Input((4, 4, 3))
    heads = [keras.layers.Dense(2), keras.layers.Dense(2)]
    network = keras.Model(pictures, [head(pictures) for head in heads])
    for head in heads:
        other = keras.models.clone_model(network)
        other.set_weights(network.get_weights())
        other.get_layer(head.name).bias.assign([np.nan, 0])
        with pytest.raises(UserError, match="not finite"):
            export.compared(network, other, export.inputs_of(network, ONE_PICTURE, 255.0), 1e-5)
