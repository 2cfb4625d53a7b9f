"""Darknet's `.cfg` files: sections -> layers with known shapes, checked to fit together.

Facts about the format come from Darknet's own parser (pjreddie/darknet, src/parser.c). What a
section makes of its input is in `shapes.py`, of boxes in `regions.py`, what else an option may say
in `options.py`; weights are in `weights.py`, networks in `model.py`.
"""

from dataclasses import dataclass
from pathlib import Path

from fivenets.core.errors import UserError
from fivenets.detection import options, regions
from fivenets.detection.regions import Region
from fivenets.detection.sections import Section, read_sections
from fivenets.detection.shapes import Shape, check_size, output_shape

MAX_LAYERS = 2000  # ten times YOLOv4's; Keras takes a minute for so many


@dataclass(frozen=True)
class Layer:
    """A section that computes something, with its place in the network."""

    section: Section
    inputs: tuple[int, ...]  # indices of layers; -1 is the picture
    input_shapes: tuple[Shape, ...]
    shape: Shape

    @property
    def kind(self) -> str:
        return self.section.kind

    @property
    def input_shape(self) -> Shape:
        """Of the first input."""
        return self.input_shapes[0]


@dataclass(frozen=True)
class Network:
    """A parsed cfg. A classifier has no regions."""

    text: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    regions: tuple[Region, ...]  # one for each scale, in the order of `heads`
    ignored: tuple[str, ...] = ()  # a sentence for each line that does not count

    @property
    def heads(self) -> list[Layer]:
        """The layers that read boxes out of what the layer before them gives."""
        return [layer for layer in self.layers if layer.kind in regions.KINDS]

    @property
    def classes(self) -> int:
        """Of boxes; else of the whole picture, a number for each.

        Raises: UserError where the last layer gives neither.
        """
        if self.regions:
            return self.regions[0].classes
        last = self.layers[-1]
        if last.shape[:2] != (1, 1):
            raise last.section.error(
                f"the last layer gives {last.shape}: expected boxes, of a [region] or [yolo], or "
                "one row and column with a number for each class"
            )
        return last.shape[2]


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
    if len(sections) > MAX_LAYERS:
        raise UserError(f"{name} has {len(sections):,} sections: expected {MAX_LAYERS:,} at most")
    net, layers, found = sections[0], [], []
    options.check(net)
    height, width = (net.integer(key, 0, at_least=1) for key in ("height", "width"))
    input_shape = (height, width, net.integer("channels", 3, at_least=1))
    check_size(net, input_shape)
    for section in sections[1:]:
        if section.kind == "net" or (layers and layers[-1].kind == "region"):
            raise section.error("[net] stands first and only once, [region] last")
        _check_follows(section, layers)
        options.check(section)
        inputs = _inputs(section, layers)
        shapes = [layers[index].shape if index >= 0 else input_shape for index in inputs]
        if section.kind in regions.KINDS:
            found.append(regions.read(section, shapes[0], input_shape))
            if found[-1].classes != found[0].classes:
                raise section.error(
                    f"classes is {found[-1].classes}, and {found[0].classes} at another scale"
                )
        layers.append(Layer(section, inputs, tuple(shapes), output_shape(section, shapes)))
    if not layers:
        raise UserError(f"{name} has no layers")
    _check_leads_on(layers)
    ignored = tuple(sentence for section in sections for sentence in section.ignored)
    return Network(text, input_shape, tuple(layers), tuple(found), ignored)


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
    used = set() if any(layer.kind in regions.KINDS for layer in layers) else {len(layers) - 1}
    for index in reversed(range(len(layers))):
        if index in used or layers[index].kind in regions.KINDS:
            used |= {*layers[index].inputs}
        elif layers[index].kind == "convolutional":
            raise layers[index].section.error("its output leads to no other layer's input")


def _inputs(section: Section, layers: list[Layer]) -> tuple[int, ...]:
    """Indices of the layers that feed the one that follows `layers`.

    Raises: UserError where one is not there, or gives boxes.
    """
    inputs = _named(section, len(layers))
    for index in inputs:
        if index >= 0 and layers[index].kind in regions.KINDS:
            line, kind = layers[index].section.line, layers[index].kind
            raise section.error(f"it would receive the boxes of the [{kind}] in line {line}")
    return inputs


def _named(section: Section, index: int) -> tuple[int, ...]:
    if section.kind == "route":
        named = section.floats("layers")
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
