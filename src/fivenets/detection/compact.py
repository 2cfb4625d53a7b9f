"""A small network of the YOLOv2 family, as a Darknet cfg: the text is all that describes it."""

from collections.abc import Sequence

STRIDE = 16  # pixels of the input per cell of the grid
CONVOLUTION = """
[convolutional]
batch_normalize={normalised}
filters={filters}
size={size}
stride={stride}
groups={groups}
pad=1
activation={activation}
"""
MAXPOOL = """
[maxpool]
size=2
stride=2
"""
REGION = """
[region]
anchors={anchors}
num={count}
classes={classes}
coords=4
softmax=1
bias_match=1
rescore=1
object_scale=5
noobject_scale=1
class_scale=1
coord_scale=1
thresh=0.6
"""


def cfg(
    height: int, width: int, classes: int, anchors: Sequence[Sequence[float]], filters: int
) -> str:
    """A convolutional network with YOLOv2's passthrough (reorg) at half of its depth.

    Args: height, width: of the input in pixels, multiples of 16. anchors: widths and heights in
        cells. filters: of the first convolution; others have up to 8 times as many.
    """
    layers = [
        f"[net]\nheight={height}\nwidth={width}\nchannels=3\n",
        convolution(filters, 3, stride=2),  # a full-sized first layer would take half the time
        convolution(2 * filters, 3),
        MAXPOOL,
        convolution(4 * filters, 3),
        MAXPOOL,
        convolution(8 * filters, 3),
        MAXPOOL,
        convolution(8 * filters, 3),
        convolution(4 * filters, 1),
        convolution(8 * filters, 3),
        "\n[route]\nlayers=-5\n",  # before the last pooling, where small objects still show
        convolution(filters, 1),
        "\n[reorg]\nstride=2\n",
        "\n[route]\nlayers=-1,-4\n",
        convolution(8 * filters, 3),
    ]
    return "".join([*layers, region(classes, anchors)])


def region(classes: int, anchors: Sequence[Sequence[float]]) -> str:
    """The last convolution and YOLOv2's head, for anchors (width, height) in cells."""
    sides = ", ".join(f"{side:.4f}" for anchor in anchors for side in anchor)
    count = len(anchors)
    last = convolution(count * (5 + classes), activation="linear", normalised=0)
    return last + REGION.format(anchors=sides, count=count, classes=classes)


def convolution(
    filters: int,
    size: int = 1,
    stride: int = 1,
    *,
    groups: int = 1,
    activation: str = "leaky",
    normalised: int = 1,
) -> str:
    """A padded convolution; `normalised`: 1 with batch normalisation, 0 with a bias."""
    return CONVOLUTION.format(
        filters=filters,
        size=size,
        stride=stride,
        groups=groups,
        activation=activation,
        normalised=normalised,
    )
