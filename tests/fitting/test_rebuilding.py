"""A stranger's model file gives the same network, or one sentence, and opens nothing else."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import psutil
import pytest

from fivenets.classification.classifier import Classifier
from fivenets.core import sandbox
from fivenets.core.errors import UserError
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting import engine, inference, model_files, rebuilding, unpacking
from fivenets.fitting.effort import Effort

METADATA = {"labels": ["a", "b"]}
WEIGHTS = unpacking.WEIGHTS_ENTRY


def small_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = keras.layers.BatchNormalization(momentum=0.5)(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="logits")(x), name="small")


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return small_network()


@pytest.fixture
def file(network: keras.Model, tmp_path: Path) -> UntrustedFile:
    model_files.save(network, tmp_path / "small.keras", METADATA)
    return UntrustedFile(tmp_path / "small.keras")


@pytest.fixture(autouse=True)
def no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Keras nor h5py of this process opens a `.keras` file."""

    def refused(*_, **__):
        raise AssertionError("opened in this process")

    monkeypatch.setattr(keras.saving, "load_model", refused)


def rewritten(file: Path, compression: int = zipfile.ZIP_STORED, /, **entries: bytes) -> None:
    """`file` with entries, named without their ending, replaced."""
    with zipfile.ZipFile(file) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in old.items():
            archive.writestr(name, entries.get(name.partition(".")[0], content))


@pytest.mark.parametrize("load", [engine.load, model_files.load])
def test_the_network_is_the_same(network, file: UntrustedFile, load: Callable) -> None:
    found, metadata = load(file)
    inputs = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype(np.float32)
    np.testing.assert_array_equal(found(inputs), network(inputs))
    assert metadata == METADATA | {"keras_version": keras.__version__}
    assert [layer.name for layer in found.layers] == [layer.name for layer in network.layers]


def test_an_export_beside_it_is_not_asked(file: UntrustedFile, monkeypatch) -> None:
    for end in (".xml", ".bin", engine.RECORD_ENDING):
        file.with_suffix(end).write_text("{}")
    monkeypatch.setattr(engine, "OpenVinoNetwork", lambda *_: pytest.fail("asked"))
    assert isinstance(engine.load(file)[0], keras.Model)


def weights(write: Callable[[h5py.File], Any]) -> bytes:
    """An HDF5 file that `write` has changed."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as made:
        made["layers/conv/vars/0"] = np.zeros((3, 3, 3, 4), np.float32)
        write(made)
    return stream.getvalue()


def link_to_itself(made: h5py.File) -> None:
    made["layers/again"] = made["layers"]


def many_paths(made: h5py.File) -> None:
    """Two links in each of 25 groups to the next: 2^25 paths to the last."""
    group = made["layers"]
    for _ in range(25):
        below = group.create_group("a")
        group["b"] = below
        group = below


def virtual(made: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (2,))
    made.create_virtual_dataset("v", layout)


HUGE = (50 * 2**30,)  # bytes
CRAFTED = {
    "an external link": lambda made: made.update({"x": h5py.ExternalLink("/etc/hostname", "/")}),
    "a soft link": lambda made: made.update({"x": h5py.SoftLink("/layers")}),
    "a cycle": link_to_itself,
    "many paths": many_paths,
    "deep groups": lambda made: made.create_group("/".join("g" * 400)),
    "50 GB that were never written": lambda made: made.create_dataset("x", HUGE, "u1"),
    "50 GB compressed": lambda made: made.create_dataset("x", HUGE, "u1", compression="gzip"),
    "bytes of another file": lambda made: made.create_dataset(
        "x", (9,), "u1", external=[("/etc/hostname", 0, 9)]
    ),
    "a virtual array": virtual,
    "text": lambda made: made.create_dataset("x", data="text"),
    "a record": lambda made: made.create_dataset("x", (1,), np.dtype([("a", "f4")])),
    "a named type": lambda made: made.update({"x": np.dtype("f4")}),
}


@pytest.mark.parametrize("write", CRAFTED.values(), ids=CRAFTED)
def test_crafted_weights_end_in_a_sentence_at_once(file, write) -> None:
    rewritten(file, model=weights(write))
    memory, start = psutil.Process().memory_info().rss, time.process_time()
    with pytest.raises(UserError, match=r"small\.keras is not a usable \.keras model: ") as error:
        rebuilding.load(file)
    assert "\n" not in str(error.value)
    assert "takes too long" not in str(error.value)
    assert psutil.Process().memory_info().rss - memory < 2**28
    assert time.process_time() - start < 5


@pytest.mark.parametrize("said", [{}, {"arrays": 1}, {"arrays": [["x"]]}, {"arrays": [[1, 2, 3]]}])
def test_a_child_that_makes_no_sense_is_a_sentence(file, monkeypatch, said: dict) -> None:
    """Who has taken the child over says what they like."""
    monkeypatch.setattr(sandbox.Child, "message", lambda _: said)
    with pytest.raises(UserError, match=r"small\.keras is not a usable .*: it makes no sense$"):
        rebuilding.load(file)


def test_a_bomb_is_a_sentence(file: UntrustedFile) -> None:
    rewritten(file, zipfile.ZIP_DEFLATED, config=bytes(2 * unpacking.LARGEST_TEXT))
    with pytest.raises(UserError, match=r"config\.json in it has more than 16 MiB$"):
        rebuilding.load(file)


def changed(file: UntrustedFile, change: Callable[[dict], Any]) -> None:
    with zipfile.ZipFile(file) as archive:
        config = json.loads(archive.read("config.json"))
    change(config)
    rewritten(file, config=json.dumps(config).encode())


def conv(config: dict) -> dict:
    return config["config"]["layers"][1]


DESCRIBED = {
    "a class of elsewhere": lambda c: conv(c).update(module="os", class_name="system"),
    "a layer that reads files": lambda c: conv(c).update(class_name="StringLookup"),
    "a lambda": lambda c: conv(c).update(class_name="Lambda"),
    "a lambda inside": lambda c: conv(c)["config"].update(
        activation={"class_name": "__lambda__", "config": {"value": ["", None, None]}}
    ),
    "a function": lambda c: conv(c)["config"].update(
        activation={"module": "builtins", "class_name": "function", "config": "eval"}
    ),
    "an activation": lambda c: conv(c)["config"].update(activation="eval"),
    "no layer of ours": lambda c: conv(c).update(
        module="fivenets.detection.layers", class_name="register"
    ),
    "a module of ours": lambda c: conv(c).update(module="fivenets.cli.layers"),
    "many filters": lambda c: conv(c)["config"].update(filters=65_000),
    "too many filters": lambda c: conv(c)["config"].update(filters=10**12),
    "a huge window": lambda c: conv(c)["config"].update(kernel_size=[10**4, 10**4]),
    "a huge picture": lambda c: c["config"]["layers"][0]["config"].update(
        batch_shape=[None, 50_000, 50_000, 3]
    ),
    "int8": lambda c: conv(c)["config"].update(
        dtype={"class_name": "DTypePolicy", "config": {"name": "int8_from_float32"}}
    ),
    "many layers": lambda c: c["config"].update(layers=c["config"]["layers"] * 300),
    "no settings": lambda c: conv(c).update(config=[]),
    "numbers that are no float": lambda c: c["config"]["layers"][0]["config"].update(
        dtype="string"
    ),
    "channels first": lambda c: conv(c)["config"].update(data_format="channels_first"),
    "many values": lambda c: conv(c)["config"].update(unknown=[0] * 200_000),
    "many calls": lambda c: conv(c).update(inbound_nodes=conv(c)["inbound_nodes"] * 801),
    "many tensors": lambda c: conv(c)["inbound_nodes"][0].update(
        args=conv(c)["inbound_nodes"][0]["args"] * 4001
    ),
    "a network within": lambda c: c["config"]["layers"].append(json.loads(json.dumps(c))),
    "one layer": lambda c: c.update(conv(c)),
    "no input": lambda c: c.update(
        module="keras", class_name="Sequential", config={"layers": [conv(c)]}
    ),
    "a loop": lambda c: conv(c)["inbound_nodes"][0]["args"][0]["config"].update(
        keras_history=["conv", 0, 0]
    ),
}


@pytest.mark.parametrize("change", DESCRIBED.values(), ids=DESCRIBED)
def test_what_no_builder_knows_is_refused_in_a_sentence(file, change) -> None:
    changed(file, change)
    with pytest.raises(UserError, match=r"^[^\n]*small\.keras is not a usable [^\n]*$"):
        rebuilding.load(file)


def test_names_that_keras_has_registered_change_nothing(file: UntrustedFile, network) -> None:
    changed(file, lambda config: conv(config).update(registered_name="fivenets>Reorg"))
    assert isinstance(rebuilding.load(file)[0].layers[1], keras.layers.Conv2D)


def test_deep_json_is_a_sentence(file: UntrustedFile) -> None:
    for name in ("config", "metadata"):
        rewritten(file, zipfile.ZIP_STORED, **{name: b"[" * 10**6})
        with pytest.raises(UserError, match="it is nested too deeply"):
            rebuilding.load(file)
        model_files.save(small_network(), file, METADATA)


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": [1, 2]},
        {"labels": {"a": 1}},
        {"labels": "ab"},
        {"caution": ["x"]},
        {"height": 10**6},
        {"depth": 0.5},
        {"width": [8]},
    ],
)
def test_metadata_of_other_types_are_a_sentence(file: UntrustedFile, changed: dict) -> None:
    rewritten(file, metadata=json.dumps(METADATA | changed).encode())
    with pytest.raises(UserError, match=r"its metadata"):
        rebuilding.load(file)


def test_what_a_task_does_not_understand_is_a_sentence(file: UntrustedFile) -> None:
    for calibration in ([1], {"labels": "a"}, {"labels": 2, "temperature": "1"}):
        rewritten(file, metadata=json.dumps(METADATA | {"calibration": calibration}).encode())
        with pytest.raises(UserError, match=r"small\.keras is not"):
            Classifier.from_file(file)


def test_the_sentence_says_how_to_trust(file: UntrustedFile) -> None:
    changed(file, lambda config: conv(config).update(class_name="Lambda"))
    with pytest.raises(UserError, match=r"it has a Lambda of keras\.layers.*--trust opens it"):
        rebuilding.load(file)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_a_sentence(file: UntrustedFile, wrong: float) -> None:
    def damage(made: h5py.File) -> None:
        made["layers/conv/vars/0"][0, 0, 0, 0] = wrong

    rewritten(file, model=weights(damage))
    with pytest.raises(UserError, match=r"layers/conv/vars/0 in it has .* not finite$"):
        rebuilding.load(file)


def test_a_wide_network_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    """Of four branches, each smaller than is allowed."""
    inputs = keras.Input((8, 8, 3))
    big = [keras.layers.UpSampling2D(400)(inputs) for _ in range(4)]
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()(big))
    file = UntrustedFile(tmp_path / "wide.keras")
    model_files.save(keras.Model(inputs, x), file, {})
    memory = psutil.Process().memory_info().rss
    with pytest.raises(UserError, match=r"153,600,000 numbers at a time, more than 134,217,728"):
        rebuilding.load(file)
    assert psutil.Process().memory_info().rss - memory < 2**28


@pytest.mark.parametrize(
    ("layer", "multiplications"),
    [
        (keras.layers.Conv2D(4, 3, use_bias=False), 6 * 6 * 4 * 9 * 3),
        (keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False), 8 * 8 * 9 * 3),
        (keras.layers.Dense(5, use_bias=False), 8 * 8 * 5 * 3),
        (keras.layers.MaxPooling2D(4, 1), 5 * 5 * 3 * 16),
        (keras.layers.ReLU(), 0),
    ],
)
def test_the_effort_of_a_layer_is_its_multiplications(layer, multiplications: int) -> None:
    network = keras.Sequential([keras.Input((8, 8, 3)), layer])
    given = int(np.prod(network.output_shape[1:]))
    assert Effort.of(network) == Effort(192 + given, 192 + given, multiplications)


def test_what_nobody_waits_for_is_alive_no_more() -> None:
    """Of ten layers of 10 numbers in a row there are two at a time; side by side, all and a sum."""
    inputs = x = keras.Input((10,))
    for _ in range(10):
        x = keras.layers.ReLU()(x)
    assert Effort.of(keras.Model(inputs, x)) == Effort(110, 20, 0)
    beside = keras.layers.Add()([keras.layers.ReLU()(inputs) for _ in range(10)])
    assert Effort.of(keras.Model(inputs, beside)) == Effort(120, 110, 0)


def test_a_strangers_network_that_cannot_answer_is_a_sentence(file: UntrustedFile, network) -> None:
    changed(file, lambda config: conv(config)["config"].update(dilation_rate=[1, 1], groups=1))
    inputs = np.zeros((1, 8, 8, 5), np.float32)  # of 5 channels instead of 3
    rebuilt, _ = rebuilding.load(file)
    with pytest.raises(UserError, match=r"^[^\n]*small\.keras is not .* it cannot answer: [^\n]*$"):
        inference.outputs(rebuilt, inputs, 1)
    with pytest.raises(ValueError):
        inference.outputs(keras.models.clone_model(network), inputs, 1)


def test_an_answer_that_is_not_finite_is_a_sentence(network: keras.Model) -> None:
    damaged = keras.models.clone_model(network)
    damaged.get_layer("logits").bias.assign([np.nan, 0])
    with pytest.raises(UserError, match="small answers with numbers that are not finite"):
        inference.outputs(damaged, np.zeros((1, 8, 8, 3), np.float32), 1)
