"""YAD2K's `yolo.h5` of the course's YOLO assignment -> the Darknet files that it was made from.

YAD2K (github.com/allanzelener/YAD2K) copies Darknet's numbers into layers of Keras, which compute
two things otherwise: its Lambda layer reorders the passthrough as TensorFlow's space_to_depth does,
and normalisation adds 1e-3 to variances. Here the numbers go back to Darknet's files, and the
network is what they were trained as.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError
from fivenets.course_files import old_keras
from fivenets.course_files.old_keras import Layer, Weights
from fivenets.detection import compact, weights
from fivenets.detection.weights import Convolution

HEADER = weights.Header(0, 1, 0, 0)  # YAD2K keeps none of it
SLOPE = 0.1  # of Darknet's leaky activation


@dataclass(frozen=True)
class DarknetFiles:
    """What `fivenets convert` takes."""

    cfg: str
    weights: bytes
    unused: list[str]  # tensors of the file that have no place in the network

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """STEM.cfg and STEM.weights in a folder."""
        cfg, numbers = folder / f"{stem}.cfg", folder / f"{stem}.weights"
        cfg.write_text(self.cfg)
        numbers.write_bytes(self.weights)
        return cfg, numbers


def read(file: Path, anchors_file: Path, classes: int) -> DarknetFiles:
    """The network in `file`, for anchors in `anchors_file` and so many classes.

    Raises: UserError where a file is none of these, or a layer is not one of YAD2K's.
    """
    anchors = read_anchors(anchors_file)
    description, found = old_keras.read(file)
    if description is None:
        raise UserError(f"{file} holds weights and no network: expected what model.save wrote")
    writer = _Writer(old_keras.described(description, str(file)), found, str(file))
    try:
        text, numbers = writer.written(anchors, classes)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        raise UserError(f"{file} holds no network of YAD2K") from None
    unused = old_keras.listed({name: found[name] for name in found if name not in writer.used})
    return DarknetFiles(text, weights.to_bytes(HEADER, numbers), unused)


def read_anchors(file: Path) -> list[tuple[float, float]]:
    """Widths and heights in cells, of numbers between commas.

    Raises: UserError where the file holds something else.
    """
    try:
        values = [float(part) for part in file.read_text().replace(",", " ").split()]
    except (OSError, ValueError):
        raise UserError(f"{file} should hold the anchors, numbers between commas") from None
    if not values or len(values) % 2 or not all(0 < value < math.inf for value in values):
        raise UserError(f"{file} should hold pairs of positive numbers, it holds {len(values)}")
    return list(zip(values[::2], values[1::2], strict=True))


class _Writer:
    """Writes a cfg, section by section, in the order in which convolutions are numbered."""

    def __init__(self, layers: dict[str, Layer], found: Weights, file: str):
        self.layers, self.found, self.file = layers, found, file
        self.readers: dict[str, list[Layer]] = {name: [] for name in self.layers}
        for layer in self.layers.values():
            for name in layer.inputs:
                self.readers[name].append(layer)
        self.places: dict[str, int] = {}  # of each layer written: its section, counted from 0
        self.sections: list[str] = []
        self.numbers: list[Convolution] = []
        self.used: set[str] = set()

    def written(
        self, anchors: list[tuple[float, float]], classes: int
    ) -> tuple[str, list[Convolution]]:
        """The cfg and the numbers of its convolutions."""
        height, width = self._input()
        convolutions = [one for one in self.layers.values() if one.kind == "Conv2D"]
        for layer in sorted(convolutions, key=_number):
            self._place(layer.name)
        output = list(self.layers)[-1]
        needed, filters = len(anchors) * (5 + classes), len(self.numbers[-1].biases)
        if self.places.get(output) != len(self.sections) - 1:
            raise UserError(f"{self.file}: its last layer should be a convolution, it is {output}")
        if filters != needed:
            raise UserError(
                f"{self.file}: {len(anchors)} anchors and {classes} classes need {needed} numbers "
                f"a cell, the network gives {filters}: expected other anchors or names"
            )
        sides = ", ".join(str(side) for anchor in anchors for side in anchor)
        head = compact.REGION.format(anchors=sides, count=len(anchors), classes=classes)
        net = f"[net]\nheight={height}\nwidth={width}\nchannels=3\n"
        return "\n".join([net, *self.sections, head]), self.numbers

    def _input(self) -> tuple[int, int]:
        (layer,) = [one for one in self.layers.values() if not one.inputs]
        _, height, width, channels = layer.settings.get("batch_input_shape", (None,) * 4)
        if not height or not width or channels != 3:
            raise UserError(f"{self.file}: its input should be of fixed sides and in colour")
        self.places[layer.name] = -1
        return int(height), int(width)

    def _place(self, name: str) -> int:
        """The section that computes a layer, which is written where it is not yet."""
        if name in self.places:
            return self.places[name]
        layer = self.layers[name]
        inputs = [self._place(one) for one in layer.inputs]
        if layer.kind in ("Concatenate", "Merge"):
            return self._write(f"[route]\nlayers={','.join(map(str, inputs))}\n", name)
        if inputs != [len(self.sections) - 1]:
            self.sections.append(f"[route]\nlayers={inputs[0]}\n")
        if layer.kind == "MaxPooling2D":
            size, stride = _side(layer, "pool_size", self.file), _side(layer, "strides", self.file)
            return self._write(f"[maxpool]\nsize={size}\nstride={stride}\n", name)
        if layer.kind == "Lambda" and name.startswith("space_to_depth"):
            return self._write("[reorg]\nstride=2\n", name)
        if layer.kind == "Conv2D":
            return self._convolution(layer)
        raise self._error(layer, "it is none of YAD2K's layers")

    def _write(self, section: str, *names: str) -> int:
        self.sections.append(section)
        self.places |= dict.fromkeys(names, len(self.sections) - 1)
        return len(self.sections) - 1

    def _convolution(self, layer: Layer) -> int:
        """With the normalisation and the activation that follow it."""
        size = _side(layer, "kernel_size", self.file)
        is_same = size == 1 or layer.settings.get("padding") == "same"
        if _side(layer, "strides", self.file) != 1 or not is_same:
            raise self._error(layer, "expected stride 1 and the same size out")
        if layer.settings.get("activation") not in (None, "linear"):
            raise self._error(layer, "expected no activation within it")
        normalisation = self._follower(layer, "BatchNormalization")
        leaky = self._follower(normalisation or layer, "LeakyReLU")
        if leaky and not math.isclose(float(leaky.settings["negative_slope"]), SLOPE, rel_tol=1e-5):
            raise self._error(leaky, f"expected a slope of {SLOPE}")
        self.numbers.append(self._numbers(layer, normalisation))
        section = compact.convolution(
            len(self.numbers[-1].biases),
            size,
            activation="leaky" if leaky else "linear",
            normalised=int(normalisation is not None),
        )
        names = [one.name for one in (layer, normalisation, leaky) if one]
        return self._write(section, *names)

    def _follower(self, layer: Layer, kind: str) -> Layer | None:
        readers = self.readers[layer.name]
        return readers[0] if len(readers) == 1 and readers[0].kind == kind else None

    def _numbers(self, layer: Layer, normalisation: Layer | None) -> Convolution:
        kernel, *biases = self._arrays(layer, 1 if normalisation else 2)
        if kernel.ndim != 4 or any(one.shape != kernel.shape[3:] for one in biases):
            raise self._error(layer, f"its weights are of another shape, {kernel.shape}")
        turned = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        if normalisation is None:
            return Convolution(biases[0], turned)
        scales, shifts, means, variances = self._arrays(normalisation, 4)
        if any(one.shape != kernel.shape[3:] for one in (scales, shifts, means, variances)):
            raise self._error(normalisation, "it has not one number for each filter")
        return Convolution(shifts, turned, scales, means, variances)

    def _arrays(self, layer: Layer, count: int) -> list[np.ndarray]:
        arrays = self.found.get(layer.name, [])
        if len(arrays) != count:
            raise self._error(layer, f"expected {count} arrays of weights, it has {len(arrays)}")
        self.used.add(layer.name)
        return arrays

    def _error(self, layer: Layer, why: str) -> UserError:
        return UserError(f"{self.file}: layer {layer.name} ({layer.kind}): {why}")


def _number(layer: Layer) -> int:
    """conv2d_21 -> 21; the first one may have none."""
    digits = layer.name.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def _side(layer: Layer, key: str, file: str) -> int:
    """A setting that is the same along both sides."""
    value = layer.settings.get(key)
    both = value if isinstance(value, list | tuple) else (value, value)
    if len(both) != 2 or both[0] != both[1] or not isinstance(both[0], int):
        raise UserError(f"{file}: layer {layer.name}: {key} should be two equal numbers")
    return both[0]
