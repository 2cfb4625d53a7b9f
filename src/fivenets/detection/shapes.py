"""What size each section of a cfg gives to what it receives, and whether it can receive it.

Aliases, defaults and the rounding of sizes are Darknet's (pjreddie/darknet, src/parser.c).
"""

from fivenets.detection.sections import Section

ACTIVATIONS = ("linear", "leaky", "relu", "relie", "logistic", "tanh", "elu")
ACTIVATIONS += ("relu6", "swish", "mish")  # of AlexeyAB's Darknet
MAX_SIDE, MAX_CHANNELS = 8192, 65_536  # of any layer; a typing error should not take all memory
MAX_NUMBERS = 2**28  # in a layer's output, a gigabyte in float32

Shape = tuple[int, int, int]  # height, width, channels


def output_shape(section: Section, inputs: list[Shape]) -> Shape:
    """The size of a section's output.

    Raises: UserError where an option or a size of `inputs` does not fit.
    """
    shape = _SHAPES.get(section.kind, _kept)(section, inputs)
    check_size(section, shape)
    return shape


def check_size(section: Section, shape: Shape) -> None:
    """Raises: UserError for a size that no network has."""
    height, width, channels = shape
    is_usable = min(shape) >= 1 and max(height, width) <= MAX_SIDE and channels <= MAX_CHANNELS
    if not is_usable or height * width * channels > MAX_NUMBERS:
        raise section.error(
            f"{_sizes([shape])} is no usable size: 1 to {MAX_SIDE} pixels a side, 1 to "
            f"{MAX_CHANNELS} channels, and {MAX_NUMBERS:,} numbers at most"
        )


def padding_of(section: Section) -> int:
    """Pixels of zeros on each side of a convolution's input."""
    if section.integer("pad", 0):
        return section.integer("size", 1, at_least=1) // 2
    return section.integer("padding", 0)


def pooling_of(section: Section) -> tuple[int, int, int]:
    """Size, stride and padding (pixels in all, not on each side) of a maxpool."""
    stride = section.integer("stride", 1, at_least=1)
    size = section.integer("size", stride, at_least=1)
    return size, stride, section.integer("padding", size - 1)


def steps_of(shape: Shape, added: Shape) -> tuple[int, int]:
    """How a [shortcut] fits the layer `added` to `shape`: each how many-th of its pixels it takes,
    and how many pixels apart it puts them."""
    return max(1, added[1] // shape[1]), max(1, shape[1] // added[1])


def activation_of(section: Section) -> str:
    """The section's activation.

    Raises: UserError where Darknet has none of that name, or none that is supported here.
    """
    default = "logistic" if section.kind == "convolutional" else "linear"
    activation = section.options.get("activation", default)
    if activation not in ACTIVATIONS:
        raise section.error(f"activation {activation} is not one of {', '.join(ACTIVATIONS)}")
    return activation


def _convolutional(section: Section, inputs: list[Shape]) -> Shape:
    ((height, width, channels),) = inputs
    size, padding = section.integer("size", 1, at_least=1), padding_of(section)
    stride = section.integer("stride", 1, at_least=1)
    filters = section.integer("filters", 1, at_least=1)
    groups = section.integer("groups", 1, at_least=1)
    if channels % groups or filters % groups:
        raise section.error(f"{groups} groups do not divide {channels} to {filters} channels")
    activation_of(section)
    check_size(section, (height + 2 * padding, width + 2 * padding, channels))
    rows, columns = (_slid(side, 2 * padding, size, stride) for side in (height, width))
    return rows, columns, filters


def _maxpool(section: Section, inputs: list[Shape]) -> Shape:
    ((height, width, channels),) = inputs
    size, stride, padding = pooling_of(section)
    check_size(section, (height + padding, width + padding, channels))
    rows, columns = (_slid(side, padding, size, stride) for side in (height, width))
    return rows, columns, channels


def _avgpool(section: Section, inputs: list[Shape]) -> Shape:
    return 1, 1, inputs[0][2]


def _route(section: Section, inputs: list[Shape]) -> Shape:
    if len({shape[:2] for shape in inputs}) > 1:
        raise section.error(f"layers of unlike sizes cannot be joined: {_sizes(inputs)}")
    groups, part = section.integer("groups", 1, at_least=1), section.integer("group_id", 0)
    if part >= groups:
        raise section.error(f"group_id should be less than groups={groups}, it is {part}")
    if any(shape[2] % groups for shape in inputs):
        raise section.error(f"{groups} groups do not divide the channels of {_sizes(inputs)}")
    height, width, _ = inputs[0]
    return height, width, sum(shape[2] for shape in inputs) // groups


def _shortcut(section: Section, inputs: list[Shape]) -> Shape:
    (height, width, _), (rows, columns, _) = inputs
    if rows // height != columns // width or height // rows != width // columns:
        raise section.error(f"layers of unlike proportions cannot be added: {_sizes(inputs)}")
    activation_of(section)
    return inputs[0]


def _reorg(section: Section, inputs: list[Shape]) -> Shape:
    ((height, width, channels),) = inputs
    stride = section.integer("stride", 1, at_least=1)
    if height % stride or width % stride or channels % stride**2:
        raise section.error(f"stride {stride} does not divide {_sizes(inputs)}")
    return height // stride, width // stride, channels * stride**2


def _upsample(section: Section, inputs: list[Shape]) -> Shape:
    ((height, width, channels),) = inputs
    stride = section.integer("stride", 2, at_least=1)
    return height * stride, width * stride, channels


def _dropout(section: Section, inputs: list[Shape]) -> Shape:
    probability = section.number("probability", 0.5)
    if not 0 <= probability <= 1:
        raise section.error(f"probability should lie in 0..1, it is {probability:g}")
    return inputs[0]


def _kept(section: Section, inputs: list[Shape]) -> Shape:
    return inputs[0]


_SHAPES = {
    "convolutional": _convolutional,
    "maxpool": _maxpool,
    "avgpool": _avgpool,
    "route": _route,
    "shortcut": _shortcut,
    "reorg": _reorg,
    "upsample": _upsample,
    "dropout": _dropout,
}


def _slid(length: int, padding: int, size: int, stride: int) -> int:
    return max(0, (length + padding - size) // stride + 1)


def _sizes(shapes: list[Shape]) -> str:
    return " and ".join(f"{height}x{width}x{channels}" for height, width, channels in shapes)
