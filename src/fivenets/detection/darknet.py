"""Darknet's `.cfg` files: sections -> layers with known shapes, checked to fit together.

Facts about the format come from Darknet's own parser (pjreddie/darknet, src/parser.c): aliases,
defaults and the rounding of sizes are its. What else an option may say is in `options.py`, weights
are in `weights.py`, networks in `model.py`.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from fivenets.core.errors import UserError
from fivenets.detection import options
from fivenets.detection.sections import Section, read_sections

ACTIVATIONS = ("linear", "leaky", "relu", "relie", "logistic", "tanh", "elu")
MAX_SIDE, MAX_CHANNELS = 8192, 65_536  # of any layer; a typing error should not take all memory

Shape = tuple[int, int, int]  # height, width, channels


@dataclass(frozen=True)
class Layer:
    """A section that computes something, with its place in the network."""

    section: Section
    inputs: tuple[int, ...]  # indices of layers; -1 is the picture
    input_shape: Shape  # of the first input
    shape: Shape

    @property
    def kind(self) -> str:
        return self.section.kind


@dataclass(frozen=True)
class Region:
    """How the raw output is read: see `boxes.decode`."""

    anchors: tuple[tuple[float, float], ...]  # width, height in grid cells
    classes: int
    softmax: bool  # over classes; else a logistic function of each


@dataclass(frozen=True)
class Network:
    """A parsed cfg. `region` is None for a classifier."""

    text: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    region: Region | None
    ignored: tuple[str, ...] = ()  # a sentence for each line that does not count


def parse_file(path: Path) -> Network:
    """Reads a cfg file.

    Raises: UserError, one sentence, for a missing file and for whatever `parse` refuses.
    """
    try:
        text = path.read_bytes().decode("utf-8")  # read_text() would end lines at a lone \r too
    except FileNotFoundError:
        raise UserError(f"{path}: no such cfg file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not a cfg file: expected text, received bytes") from None
    return parse(text, path.name)


def parse(text: str, name: str = "the cfg") -> Network:
    """Sections with their shapes worked out, checked to fit together.

    Raises: UserError naming the line of what is unknown or does not fit.
    """
    sections = read_sections(text, name)
    if not sections or sections[0].kind != "net":
        raise UserError(f"{name} should begin with a [net] section")
    net, shapes, layers, region = sections[0], [], [], None
    options.check(net)
    side = {key: net.integer(key, 0, at_least=1) for key in ("height", "width")}
    input_shape = (side["height"], side["width"], net.integer("channels", 3, at_least=1))
    _check_size(net, input_shape)
    for section in sections[1:]:
        if region is not None or section.kind == "net":
            raise section.error("[net] stands first and only once, [region] last")
        _check_follows(section, layers)
        options.check(section)
        inputs = _inputs(section, len(layers))
        input_shapes = [shapes[index] if index >= 0 else input_shape for index in inputs]
        if section.kind == "region":
            region = _region(section, input_shapes[0])
            continue
        shape = _shape(section, input_shapes)
        _check_size(section, shape)
        shapes.append(shape)
        layers.append(Layer(section, inputs, input_shapes[0], shape))
    if not layers:
        raise UserError(f"{name} has no layers")
    _check_leads_on(layers)
    ignored = tuple(sentence for section in sections for sentence in section.ignored)
    return Network(text, input_shape, tuple(layers), region, ignored)


def _check_follows(section: Section, layers: list[Layer]) -> None:
    """Raises: UserError where Darknet's layer before gives nothing to compute with."""
    before = layers[-1].kind if layers else ""
    if not layers and section.kind == "dropout":
        raise section.error("it needs a layer before it")
    if before == "cost":  # it computes in training only (src/cost_layer.c)
        raise section.error("it would receive the zeros that the [cost] before it gives")
    if before == "softmax" and section.kind != "cost":
        raise section.error(
            "it needs rows and columns, which the [softmax] before it does not give"
        )


def _check_leads_on(layers: list[Layer]) -> None:
    """Raises: UserError for a convolution that leads nowhere: Keras would drop its numbers."""
    used = {len(layers) - 1}
    for index in reversed(range(len(layers))):
        if index in used:
            used |= {*layers[index].inputs}
        elif layers[index].kind == "convolutional":
            raise layers[index].section.error("its output leads to no other layer's input")


def _inputs(section: Section, index: int) -> tuple[int, ...]:
    """Indices of the layers that feed layer `index`."""
    if section.kind == "route":
        named = section.numbers("layers")
        if not named:
            raise section.error("layers= names no layer")
        if not all(layer.is_integer() for layer in named):
            raise section.error(f"layers should be integers, they are {section.options['layers']}")
        return tuple(_absolute(section, int(layer), index) for layer in named)
    if section.kind == "shortcut":
        if "from" not in section.options:
            raise section.error("from= names no layer")
        return (index - 1, _absolute(section, section.integer("from", 0, -index), index))
    return (index - 1,)


def _absolute(section: Section, named: int, index: int) -> int:
    absolute = named + index if named < 0 else named
    if not 0 <= absolute < index:
        raise section.error(f"layer {named} is not there: {index} layers stand before this one")
    return absolute


def _shape(section: Section, inputs: list[Shape]) -> Shape:
    height, width, channels = inputs[0]
    if section.kind == "convolutional":
        size = section.integer("size", 1, at_least=1)
        stride, padding = section.integer("stride", 1, at_least=1), padding_of(section)
        filters = section.integer("filters", 1, at_least=1)
        groups = section.integer("groups", 1, at_least=1)
        if channels % groups or filters % groups:
            raise section.error(f"{groups} groups do not divide {channels} to {filters} channels")
        activation_of(section, "logistic")
        return (
            _slid(height, 2 * padding, size, stride),
            _slid(width, 2 * padding, size, stride),
            filters,
        )
    if section.kind == "maxpool":
        stride = section.integer("stride", 1, at_least=1)
        size = section.integer("size", stride, at_least=1)
        padding = section.integer("padding", size - 1)
        return _slid(height, padding, size, stride), _slid(width, padding, size, stride), channels
    if section.kind == "avgpool":
        return 1, 1, channels
    if section.kind == "route":
        sides = {shape[:2] for shape in inputs}
        if len(sides) > 1:
            raise section.error(f"layers of unlike sizes cannot be joined: {_sizes(inputs)}")
        return height, width, sum(shape[2] for shape in inputs)
    if section.kind == "shortcut":
        if inputs[0] != inputs[1]:
            raise section.error(f"layers of unlike sizes cannot be added: {_sizes(inputs)}")
        activation_of(section, "linear")
    if section.kind == "reorg":
        stride = section.integer("stride", 1, at_least=1)
        if height % stride or width % stride or channels % stride**2:
            raise section.error(f"stride {stride} does not divide {_sizes(inputs)}")
        return height // stride, width // stride, channels * stride**2
    if section.kind == "dropout":
        (probability, *_) = section.numbers("probability") or [0.5]
        if not 0 <= probability <= 1:
            raise section.error(f"probability should lie in 0..1, it is {probability:g}")
    return inputs[0]  # dropout, cost, shortcut and softmax keep it


def _slid(length: int, padding: int, size: int, stride: int) -> int:
    return max(0, (length + padding - size) // stride + 1)


def padding_of(section: Section) -> int:
    """Pixels of zeros on each side of a convolution's input."""
    if section.integer("pad", 0):
        return section.integer("size", 1, at_least=1) // 2
    return section.integer("padding", 0)


def activation_of(section: Section, default: str) -> str:
    """The section's activation.

    Raises: UserError where Darknet has none of that name, or none that is supported here.
    """
    activation = section.options.get("activation", default)
    if activation not in ACTIVATIONS:
        raise section.error(f"activation {activation} is not one of {', '.join(ACTIVATIONS)}")
    return activation


def _region(section: Section, shape: Shape) -> Region:
    count = section.integer("num", 1, at_least=1)
    classes = section.integer("classes", 20, at_least=1)
    sides = section.numbers("anchors")
    if len(sides) != 2 * count or not all(0 < side < math.inf for side in sides):
        raise section.error(f"anchors should be {2 * count} positive numbers (num={count})")
    if shape[2] != count * (5 + classes):
        raise section.error(
            f"{count} anchors of 5 + {classes} numbers need {count * (5 + classes)} channels, "
            f"the layer before gives {shape[2]}: its filters and classes disagree"
        )
    anchors = tuple(zip(sides[::2], sides[1::2], strict=True))
    return Region(anchors, classes, bool(section.integer("softmax", 0)))


def _check_size(section: Section, shape: Shape) -> None:
    if min(shape) < 1 or max(shape[:2]) > MAX_SIDE or shape[2] > MAX_CHANNELS:
        raise section.error(
            f"{_sizes([shape])} is no usable size: 1 to {MAX_SIDE} pixels a side and 1 to "
            f"{MAX_CHANNELS} channels"
        )


def _sizes(shapes: list[Shape]) -> str:
    return " and ".join(f"{height}x{width}x{channels}" for height, width, channels in shapes)
