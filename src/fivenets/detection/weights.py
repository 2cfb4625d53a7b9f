"""Darknet's `.weights` files, both directions: header, then float32 numbers layer by layer.

A file is `major, minor, revision` (int32), `seen` (pictures in training; see `Header`), and for
each convolution its biases, with batch normalisation also scales, means and variances, and its
kernel (filters, channels / groups, size, size). All little-endian. Source: pjreddie/darknet,
src/parser.c, load_weights_upto and load_convolutional_weights.
"""

import bisect
import itertools
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError
from fivenets.detection.darknet import Layer, Network

FLOAT = np.dtype("<f4")


@dataclass(frozen=True)
class Header:
    """Which Darknet wrote the file, and how many pictures it had seen."""

    major: int
    minor: int
    revision: int
    seen: int

    @property
    def has_long_seen(self) -> bool:
        """Whether `seen` takes 8 bytes. Converters that assume so always misread every number."""
        return self.major * 10 + self.minor >= 2 and self.major < 1000 and self.minor < 1000

    @property
    def size(self) -> int:
        return 20 if self.has_long_seen else 16

    def __str__(self) -> str:
        version = f"{self.major}.{self.minor}.{self.revision}"
        return f"version {version}, seen of {self.size - 12} bytes: {self.seen:,}"

    def to_bytes(self) -> bytes:
        version = struct.pack("<3i", self.major, self.minor, self.revision)
        return version + struct.pack("<Q" if self.has_long_seen else "<I", self.seen)


@dataclass(frozen=True)
class Convolution:
    """The numbers of one convolution, all float32; `scales`, `means`, `variances` or none."""

    biases: np.ndarray  # (filters,)
    kernel: np.ndarray  # (filters, channels / groups, size, size)
    scales: np.ndarray | None = None  # (filters,)
    means: np.ndarray | None = None
    variances: np.ndarray | None = None

    def folded(self) -> "Convolution":
        """The same function without batch normalisation: its scale and shift in the kernel."""
        if self.scales is None or self.means is None or self.variances is None:
            return self
        # Darknet adds 1e-6 outside of the square root (src/blas.c, normalize_cpu).
        scale = self.scales.astype(np.float64) / (np.sqrt(self.variances, dtype=np.float64) + 1e-6)
        return Convolution(
            (self.biases - self.means * scale).astype(FLOAT),
            (self.kernel * scale[:, None, None, None]).astype(FLOAT),
        )


def kernel_shape(layer: Layer) -> tuple[int, int, int, int]:
    """(filters, channels / groups, size, size) of a convolutional layer."""
    section = layer.section
    size, groups = section.integer("size", 1), section.integer("groups", 1)
    return section.integer("filters", 1), layer.input_shape[2] // groups, size, size


def is_normalised(layer: Layer) -> bool:
    """Whether batch normalisation stands between the convolution and its activation."""
    return bool(layer.section.integer("batch_normalize", 0))


def convolutions(network: Network) -> list[Layer]:
    """The layers that own numbers, in the order of the file."""
    return [layer for layer in network.layers if layer.kind == "convolutional"]


def count_of(layer: Layer) -> int:
    """How many numbers the file holds for one convolution."""
    shape = kernel_shape(layer)
    return math.prod(shape) + shape[0] * (4 if is_normalised(layer) else 1)


def read_file(path: Path, network: Network) -> tuple[Header, list[Convolution]]:
    """All numbers of a weights file, which must be exactly those that `network` needs.

    Raises: UserError, one sentence each, for a missing, empty, short or long file, another byte
        order, a web page in its place, a cfg of another network, numbers that are not finite, and
        variances below 0.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such weights file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    return read(content, network, path.name)


def read(content: bytes, network: Network, name: str) -> tuple[Header, list[Convolution]]:
    """`read_file` for bytes that are at hand; `name` is for errors."""
    header = _read_header(content, name)
    _check_length(len(content), header, network, name)
    floats = np.frombuffer(content, FLOAT, offset=header.size)
    if not np.isfinite(floats).all():
        raise UserError(f"{name} holds NaN or infinity: it is damaged, or its training diverged")
    found, position = [], 0
    for layer in convolutions(network):
        filters = kernel_shape(layer)[0]
        sizes = [filters] * (4 if is_normalised(layer) else 1) + [math.prod(kernel_shape(layer))]
        ends = position + np.cumsum(sizes)
        parts = [floats[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        position = int(ends[-1])
        found.append(Convolution(parts[0], parts[-1].reshape(kernel_shape(layer)), *parts[1:-1]))
        variances = found[-1].variances
        if variances is not None and variances.min() < 0:
            raise UserError(
                f"{name} has a variance of {variances.min():g} in convolution {len(found)}: "
                "expected none below 0; it is damaged, or of another cfg"
            )
    return header, found


def to_bytes(header: Header, found: list[Convolution]) -> bytes:
    """The content of a weights file; of what `read` returned, the very bytes that were read."""
    arrays = [
        array
        for part in found
        for array in (part.biases, part.scales, part.means, part.variances, part.kernel)
        if array is not None
    ]
    return header.to_bytes() + b"".join(np.asarray(array, FLOAT).tobytes() for array in arrays)


def _read_header(content: bytes, name: str) -> Header:
    if content[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(f"{name} is a web page, not a weights file: its host did not send the file")
    if len(content) < 16:
        raise UserError(f"{name} holds {len(content)} bytes: a weights file begins with 16 or 20")
    version = struct.unpack_from("<3i", content)
    swapped = struct.unpack_from(">3i", content)
    if max(map(abs, version)) > 1000 >= max(map(abs, swapped)):
        raise UserError(f"{name} is big-endian (version {_dotted(swapped)}): little was expected")
    if min(version) < 0 or max(version) > 1000:
        raise UserError(f"{name} is not a weights file: its version reads {_dotted(version)}")
    header = Header(*version, seen=0)
    if len(content) < header.size:
        raise UserError(f"{name} holds {len(content)} bytes: its header alone has {header.size}")
    (seen,) = struct.unpack_from("<Q" if header.has_long_seen else "<I", content, 12)
    return Header(*version, seen=seen)


def _check_length(length: int, header: Header, network: Network, name: str) -> None:
    layers, body = convolutions(network), length - header.size
    expected = 4 * sum(map(count_of, layers))
    if body == expected:
        return
    needs = f"the cfg needs {expected + header.size:,} bytes, the file holds {length:,}"
    other = 16 if header.size == 20 else 20
    if length == expected + other:
        raise UserError(
            f"{name}: its header says version {header.major}.{header.minor}, so {header.size} "
            f"bytes, but the file fits one of {other}: {needs}"
        )
    fitting = _fitting_filters(body, expected, layers) if layers else None
    if fitting:
        raise UserError(
            f"{name} is of another cfg: {needs}, which fits {fitting} filters in the last "
            f"convolution in place of {kernel_shape(layers[-1])[0]}"
        )
    if body > expected:
        raise UserError(
            f"{name}: {body - expected:,} bytes left over, cfg and weights disagree: {needs}"
        )
    ends = list(itertools.accumulate(4 * count_of(layer) for layer in layers))
    short = bisect.bisect_right(ends, body)
    raise UserError(
        f"{name} is cut short, or of another cfg: {needs}; it ends in convolution {short + 1} of "
        f"{len(layers)} (cfg line {layers[short].section.line})"
    )


def _fitting_filters(body: int, expected: int, layers: list[Layer]) -> int | None:
    """The number of filters in the last layer with which the file would fit; None where none."""
    last = layers[-1]
    each = 4 * count_of(last) // kernel_shape(last)[0]
    rest = body - (expected - 4 * count_of(last))
    is_plausible = rest > 0 and rest % each == 0 and rest // each % 5 == 0
    return rest // each if is_plausible else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
