"""Any description and any weights of a model file: rebuilt and asked once, or refused in one line.

What a child would have read is made up here: starting one takes longer than all that follows.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from fuzzing import SEEDS, part_of_inputs
from hypothesis import given

from fivenets.core import sandbox
from fivenets.core.sandbox import UntrustedFile
from fivenets.detection.layers import ChannelGroup, DarknetBatchNormalization, PaddedMaxPooling2D
from fivenets.fitting import inference, model_files, rebuilding, unpacking

WEIGHTS = unpacking.WEIGHTS_ENTRY
FILE = UntrustedFile("any.keras")
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2, 3, 7, 512, 513, 65536, 2**70, -(2**40), 0.5, 1e308, np.nan,
    "", "relu", "same", "valid", "softmax", "channels_first", "linear", "float16", "int8", "string",
    [], [1], [0, 0], [1, 2, 3], [[1, 1], [1, 1]], [None, 8, 8, 3], {}, {"a": 1}, "Dense", "Conv2D",
    "Flatten", "Functional", "Rescaling", "keras", "fivenets.detection.layers",
]  # fmt: skip
DTYPES = ("<f4", "<f8", "<f2", "<i8", "|u1", "|b1", ">f4", "<U4", "|O", "<M8", "")
MOST_PIXELS = 10**5  # of an input that is asked about


def network() -> keras.Model:
    """One of each kind of layer that can follow another."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    beside = layers.SeparableConv2D(4, 3, padding="same")(x)
    x = layers.Add()([x, layers.DepthwiseConv2D(3, padding="same")(beside)])
    x = ChannelGroup(2, 1)(DarknetBatchNormalization()(layers.LeakyReLU(0.1)(x)))
    x = layers.UpSampling2D(2)(PaddedMaxPooling2D(2, 2, 0)(x))
    x = layers.Concatenate()([x, layers.Conv2DTranspose(2, 3, padding="same")(x)])
    x = layers.Softmax()(layers.GroupNormalization(2)(layers.Dropout(0.1)(x)))
    x = layers.Flatten()(layers.AveragePooling2D(2)(layers.ZeroPadding2D(1)(x)))
    return keras.Model(inputs, layers.Dense(2, name="logits")(x))


def entries(folder, model: keras.Model) -> dict[str, bytes]:
    """What its file consists of."""
    model_files.save(model, folder / "small.keras", {"labels": ["a", "b"]})
    with zipfile.ZipFile(folder / "small.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, Any]:
    """The description, the metadata and the arrays of a file as it should be."""
    found = entries(tmp_path_factory.mktemp("model"), network())
    with h5py.File(io.BytesIO(found[WEIGHTS])) as weights:
        arrays = {path: one[()] for path, one in unpacking._arrays(weights, len(found[WEIGHTS]))}
    config, metadata = (json.loads(found[f"{name}.json"]) for name in ("config", "metadata"))
    return {"config": config, "metadata": metadata, "arrays": arrays}


class Told:
    """In place of a child: what it says, whatever that is."""

    error = sandbox.Child.error
    array = sandbox.Child.array
    arrays = sandbox.Child.arrays
    making_sense = sandbox.Child.making_sense

    def __init__(self, config: Any, metadata: Any, arrays: dict[str, np.ndarray], random: Random):
        self.path, self.unusable = FILE, "is not a usable .keras model"
        announced: list[Any] = [[name, one.dtype.str, one.shape] for name, one in arrays.items()]
        self.content = b"".join(one.tobytes() for one in arrays.values())
        if announced and random.random() < 0.3:
            _, dtype, shape = one = random.choice(announced)
            other = (random.choice(DTYPES), shape), (dtype, _odd_shape(random))
            one[1:] = random.choice(other)
        texts = {"config": json.dumps(config), "metadata": json.dumps(metadata)}
        self.said: dict[str, Any] = texts | {"arrays": announced}

    def message(self) -> dict[str, Any]:
        return self.said

    def _exactly(self, size: int) -> bytearray:
        if size > len(self.content):
            raise self.error("it ends early")
        found, self.content = bytearray(self.content[:size]), self.content[size:]
        return found


def _odd_shape(random: Random) -> list[Any]:
    sides = [0, 1, 2, 3, 4, -1, 2**40, "2", None]
    return [random.choice(sides) for _ in range(random.randrange(5))]


def _places(node: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path to each value in a JSON value."""
    if path:
        yield path
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _places(value, (*path, key))


def _at(node: Any, path: tuple) -> Any:
    for key in path:
        node = node[key]
    return node


def _changed(node: Any, random: Random) -> Any:
    """A copy with one value replaced by an odd one or another of its own, left out or doubled."""
    copied = json.loads(json.dumps(node))
    places = list(_places(copied))
    *above, key = random.choice(places)
    around, draw = _at(copied, tuple(above)), random.random()
    if draw < 0.6:
        around[key] = random.choice(ODD)
    elif draw < 0.8:
        around[key] = json.loads(json.dumps(_at(copied, random.choice(places))))
    elif draw < 0.9 and isinstance(around, list):
        around.insert(key, json.loads(json.dumps(around[key])))
    else:
        del around[key]
    return copied


def _damaged(arrays: dict[str, np.ndarray], random: Random) -> dict[str, np.ndarray]:
    """The same but for one, which is missing, of another name, shape or kind, or not finite."""
    name = random.choice(list(arrays))
    others = {key: one for key, one in arrays.items() if key != name}
    one = arrays[name]
    match random.choice(("missing", "name", "shape", "kind", "value")):
        case "name":
            return others | {random.choice(["", "/", "..", name + "/0", name[:-1], "\0"]): one}
        case "shape":
            return others | {name: np.zeros([random.randrange(5) for _ in range(3)], one.dtype)}
        case "kind":
            return others | {name: one.astype(random.choice(["f8", "f2", "i8", "u1", "?"]))}
        case "value":
            value = random.choice([np.nan, np.inf, 1e38, -1e38])
            return others | {name: np.full(one.shape, value, np.float32)}
    return others


def _asked(answer: Callable, built: keras.Model) -> list[np.ndarray]:
    """What it answers to a picture of noughts, of a size that is quick."""
    shape = [side or 32 for side in built.inputs[0].shape[1:]]
    if len(built.inputs) > 1 or np.prod(shape) > MOST_PIXELS:
        return []
    return answer(inference.all_outputs, built, np.zeros((1, *shape), np.float32), 1) or []


@pytest.mark.filterwarnings("ignore")
@part_of_inputs(20)
@given(SEEDS)
def test_descriptions(answer, told, seed: int) -> None:
    random = Random(seed)
    config, metadata, arrays = told["config"], told["metadata"], told["arrays"]
    for _ in range(random.randint(1, 3)):
        match random.choice(("config", "config", "config", "metadata", "arrays")):
            case "config":
                config = _changed(config, random)
            case "metadata":
                metadata = _changed(metadata, random) if metadata else metadata
            case "arrays":
                arrays = _damaged(arrays, random) if arrays else arrays

    @contextmanager
    def reading(*_: object, **__: object) -> Iterator[Told]:
        yield Told(config, metadata, arrays, random)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "reading", reading)
        rebuilt, _ = answer(rebuilding.load, FILE) or (None, None)
    if rebuilt is not None:
        assert all(np.isfinite(one).all() for one in _asked(answer, rebuilt))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    """The entries of a file as it should be."""
    small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    return entries(tmp_path_factory.mktemp("model"), small)


@part_of_inputs(40)  # each by a child process
@given(SEEDS)
def test_headers_of_weights(answer, tmp_path_factory, whole, seed: int) -> None:
    """Of the HDF5, the first bytes, where its groups and arrays are described, and all others."""
    weights, random = bytearray(whole[WEIGHTS]), Random(seed)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(random.choice([96, len(weights)]))
        weights[at] = random.choice([0, 1, 255, weights[at] ^ (1 << random.randrange(8))])
    file = UntrustedFile(tmp_path_factory.getbasetemp() / "headers.keras")
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (whole | {WEIGHTS: bytes(weights)}).items():
            archive.writestr(name, content)
    rebuilt, _ = answer(rebuilding.load, file) or (None, None)
    if rebuilt is not None:
        assert all(np.isfinite(one).all() for one in rebuilt.get_weights())
