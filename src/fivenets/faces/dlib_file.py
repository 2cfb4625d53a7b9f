"""A network as dlib serialises it, read as data: its layers in the order of their work.

The file nests each layer around the one below it: first the versions of all layers, outermost
first, then their details, innermost first. Tags and what refers to them leave a version only.
Whole numbers are a byte with their length and sign, then their bytes, lowest first; weights are
float32. Source: dlib 19's serialize.h, dnn/core.h, dnn/layers.h and dnn/tensor.h.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError

NETWORK_VERSION, TENSOR_VERSION, ALIAS_VERSION = 1, 2, 1
LAYER_VERSION, TAG_VERSION, INPUT_VERSION = 2, 1, 3
MAX_BYTES = 100_000_000  # of a file; dlib's own networks have at most 23 MB
NEGATIVE, LENGTH = 0x80, 0x0F  # of the byte before a whole number
INFINITE = 32_000  # exponents from here on say that a number is infinite or none


@dataclass(frozen=True)
class Convolution:
    """A convolution `con_4`."""

    kernel: np.ndarray  # (filters, channels, height, width)
    bias: np.ndarray  # (filters,)
    strides: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Affine:
    """Times a number and plus one for each channel, `affine_`: a batch normalisation at rest."""

    scale: np.ndarray  # (channels,)
    shift: np.ndarray


@dataclass(frozen=True)
class Dense:
    """A matrix without a bias, `fc_2`."""

    kernel: np.ndarray  # (inputs, outputs)


@dataclass(frozen=True)
class Plain:
    """A layer without weights: `relu_`, `add_prev_`, `max_pool_2` or `avg_pool_2`."""

    kind: str
    options: tuple[int, ...] = ()  # of a pooling: window and strides and padding, height first


Layer = Convolution | Affine | Dense | Plain


def read(file: Path) -> list[Layer]:
    """The layers of a network that ends in dlib's metric loss.

    Raises: UserError where the file is no such thing, or ends too early or too late.
    """
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    if not content:
        raise UserError(f"{file.name}: 1 to {MAX_BYTES:,} bytes expected, it has {size:,}")
    try:
        return _network(_Reader(content))
    except _UnexpectedError as error:
        raise UserError(f"{file.name} is not a network as dlib writes it: {error}") from None


class _UnexpectedError(Exception):
    """What was expected, and where."""


class _Reader:
    """dlib's basic types, one after the other."""

    def __init__(self, content: bytes):
        self.content, self.place = memoryview(content), 0

    def bytes(self, count: int) -> memoryview:
        start, self.place = self.place, self.place + count
        if not 0 <= count <= len(self.content) - start:
            raise _UnexpectedError(f"{count:,} bytes expected at byte {start:,}, it ends before")
        return self.content[start : self.place]

    def integer(self) -> int:
        control = self.bytes(1)[0]
        size = control & LENGTH
        if control & ~(NEGATIVE | LENGTH) or not 1 <= size <= 8:
            raise self.unexpected("a whole number")
        value = int.from_bytes(self.bytes(size), "little")
        return -value if control & NEGATIVE else value

    def number(self) -> float:
        """A float, as mantissa and power of two."""
        mantissa, exponent = self.integer(), self.integer()
        if exponent >= INFINITE:
            raise self.unexpected("a finite number")
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError:
            raise self.unexpected("a finite number") from None

    def boolean(self) -> bool:
        value = bytes(self.bytes(1))
        if value not in (b"0", b"1"):
            raise self.unexpected("0 or 1")
        return value == b"1"

    def text(self) -> str:
        return bytes(self.bytes(self.integer())).decode("ascii", "replace")

    def expect(self, version: int, of: str) -> None:
        if self.integer() != version:
            raise self.unexpected(f"version {version} of {of}")

    def shape(self) -> tuple[int, int, int, int]:
        """(samples, channels, height, width)."""
        samples, channels, height, width = (self.integer() for _ in range(4))
        if min(samples, channels, height, width) < 0:
            raise self.unexpected("a shape")
        return samples, channels, height, width

    def tensor(self) -> np.ndarray:
        """A tensor's values, in one row."""
        self.expect(TENSOR_VERSION, "a tensor")
        content = self.bytes(4 * math.prod(self.shape()))
        values = np.frombuffer(content, "<f4")
        if not np.isfinite(values).all():
            raise self.unexpected("weights that are finite")
        return values.astype(np.float32)

    def alias(self) -> tuple[int, int, int, int]:
        """The shape that a part of a tensor is to be seen in."""
        self.expect(ALIAS_VERSION, "a tensor's part")
        return self.shape()

    def unexpected(self, what: str) -> _UnexpectedError:
        return _UnexpectedError(f"{what} expected before byte {self.place:,}")


def _network(reader: _Reader) -> list[Layer]:
    reader.expect(NETWORK_VERSION, "a network")
    if (loss := reader.text()) != "loss_metric_2":
        raise _UnexpectedError(f"loss_metric_2 expected, {loss!r:.40} received")
    reader.number()  # margin of the loss
    reader.number()  # its threshold
    versions = [reader.integer()]
    while versions[-1] != INPUT_VERSION:
        if versions[-1] not in (LAYER_VERSION, TAG_VERSION):
            raise reader.unexpected("version 1, 2 or 3 of a layer")
        versions.append(reader.integer())
    if (form := reader.text()) != "input_rgb_image_sized":
        raise _UnexpectedError(f"input_rgb_image_sized expected, {form!r:.40} received")
    for _ in "rgb":
        reader.number()  # a mean, of which the Keras network has its own
    reader.integer()  # height of its pictures
    reader.integer()  # width
    layers = [_layer(reader)]
    reader.expect(1, "a sample's expansion")
    layers += [_layer(reader) for _ in range(versions.count(LAYER_VERSION))]
    if reader.place != len(reader.content):
        raise _UnexpectedError(f"{len(reader.content) - reader.place:,} bytes are left over")
    return layers


def _layer(reader: _Reader) -> Layer:
    """A layer's details, and the state of its training, which is passed over."""
    kind = reader.text()
    if kind not in LAYERS:
        raise _UnexpectedError(f"a layer of {', '.join(LAYERS)} expected, {kind!r:.40} received")
    layer = LAYERS[kind](reader, kind)
    for _ in range(3):
        reader.boolean()
    for _ in range(3):
        reader.tensor()
    return layer


def _convolution(reader: _Reader, kind: str) -> Convolution:
    weights = reader.tensor()
    filters, height, width = (reader.integer() for _ in range(3))
    strides = reader.integer(), reader.integer()
    padding = reader.integer(), reader.integer()
    kernel, bias = _parts(reader, weights, reader.alias(), reader.alias())
    _skip_rates(reader)
    if kernel.shape[0] != filters or kernel.shape[2:] != (height, width) or bias.size != filters:
        raise reader.unexpected(f"weights of {filters} filters of {height}x{width}")
    return Convolution(kernel, bias.ravel(), strides, padding)


def _affine(reader: _Reader, kind: str) -> Affine:
    weights = reader.tensor()
    scale, shift = _parts(reader, weights, reader.alias(), reader.alias())
    reader.integer()  # whether it stood behind a convolution
    return Affine(scale.ravel(), shift.ravel())


def _dense(reader: _Reader, kind: str) -> Dense:
    outputs, inputs = reader.integer(), reader.integer()
    weights = reader.tensor()
    kernel, bias = _parts(reader, weights, reader.alias(), reader.alias())
    reader.integer()  # whether it has a bias
    _skip_rates(reader)
    if kernel.shape != (inputs, outputs, 1, 1) or bias.size:
        raise reader.unexpected(f"a matrix of {inputs} x {outputs} and no bias")
    return Dense(kernel[..., 0, 0])


def _plain(reader: _Reader, kind: str) -> Plain:
    return Plain(kind, tuple(reader.integer() for _ in range(6)) if "pool" in kind else ())


def _parts(
    reader: _Reader, weights: np.ndarray, *shapes: tuple[int, int, int, int]
) -> list[np.ndarray]:
    """The parts of a layer's weights, which are all of them."""
    ends = np.cumsum([math.prod(shape) for shape in shapes], dtype=object)
    if ends[-1] != weights.size:
        raise reader.unexpected(f"{weights.size:,} weights, in parts of {ends[-1]:,} in all,")
    return [part.reshape(s) for part, s in zip(np.split(weights, ends[:-1]), shapes, strict=True)]


def _skip_rates(reader: _Reader) -> None:
    """Passes over how much faster than others a layer learns and decays, and its bias."""
    for _ in range(4):
        reader.number()


LAYERS = {
    "con_4": _convolution,
    "affine_": _affine,
    "fc_2": _dense,
    "relu_": _plain,
    "add_prev_": _plain,
    "max_pool_2": _plain,
    "avg_pool_2": _plain,
}
