"""The cfgs of YOLOv3's and YOLOv4's families, of any input, width and number of classes.

From the architectures as they are published: Redmon & Farhadi 2018 (table 1), Huang et al. 2019
(SPP), Bochkovskiy et al. 2020 and Wang et al. 2020 (figure 5), and AlexeyAB/darknet's layer tables.
"""

from collections.abc import Sequence

from darknet_networks import convolution, section

V3_ANCHORS = "10,13, 16,30, 33,23, 30,61, 62,45, 59,119, 116,90, 156,198, 373,326"
V4_ANCHORS = "12,16, 19,36, 40,28, 36,75, 76,55, 72,146, 142,110, 192,243, 459,401"
TINY_ANCHORS = "10,14, 23,27, 37,58, 81,82, 135,169, 344,319"
STAGES = {64: 1, 128: 2, 256: 8, 512: 8, 1024: 4}  # residual blocks by filters
SPP = [
    *(section("maxpool", stride=1, size=5), section("route", layers=-2)),
    *(section("maxpool", stride=1, size=9), section("route", layers=-4)),
    *(section("maxpool", stride=1, size=13), section("route", layers="-1,-3,-5,-6")),
]


def net(side: int) -> str:
    return section("net", width=side, height=side, channels=3)


def head(classes: int, mask: str, anchors: str, **options: object) -> str:
    """The last convolution of a scale, and how it is read."""
    count = len(mask.split(","))
    text = section("convolutional", size=1, filters=count * (5 + classes), activation="linear")
    given = {"mask": mask, "anchors": anchors, "classes": classes}
    return text + section("yolo", **{**given, "num": len(anchors.split(",")) // 2, **options})


def yolov3_cfg(side: int = 608, classes: int = 80, width: int = 1, *, spp: bool = False) -> str:
    """YOLOv3's cfg; `width` divides the number of filters."""

    def pairs(filters: int, count: int) -> str:
        narrow, wide = convolution(filters // width, 1), convolution(2 * filters // width)
        return (narrow + wide) * count

    text = net(side) + convolution(32 // width)
    for filters, blocks in STAGES.items():
        text += convolution(filters // width, stride=2)
        block = convolution(filters // width // 2, 1) + convolution(filters // width)
        text += (block + section("shortcut", **{"from": -3, "activation": "linear"})) * blocks
    if spp:
        text += pairs(512, 1) + convolution(512 // width, 1) + "".join(SPP) + pairs(512, 2)
    else:
        text += pairs(512, 3)
    text += head(classes, "6,7,8", V3_ANCHORS)
    for filters, beside, mask in ((256, 61, "3,4,5"), (128, 36, "0,1,2")):
        text += section("route", layers=-4) + convolution(filters // width, 1)
        text += section("upsample", stride=2) + section("route", layers=f"-1,{beside}")
        text += pairs(filters, 3) + head(classes, mask, V3_ANCHORS)
    return text


def yolov3_tiny_cfg(side: int = 416, classes: int = 80, width: int = 1) -> str:
    """YOLOv3-tiny's cfg."""
    text = net(side)
    for filters in (16, 32, 64, 128, 256):
        text += convolution(filters // width) + section("maxpool", size=2, stride=2)
    text += convolution(512 // width) + section("maxpool", size=2, stride=1)
    text += convolution(1024 // width) + convolution(256 // width, 1) + convolution(512 // width)
    text += head(classes, "3,4,5", TINY_ANCHORS) + section("route", layers=-4)
    text += convolution(128 // width, 1) + section("upsample", stride=2)
    text += section("route", layers="-1,8") + convolution(256 // width)
    return text + head(classes, "0,1,2", TINY_ANCHORS)


def yolov4_tiny_cfg(side: int = 416, classes: int = 80, width: int = 1) -> str:
    """YOLOv4-tiny's cfg: each part of its backbone sends half of the channels on its way."""
    text = net(side) + convolution(32 // width, stride=2) + convolution(64 // width, stride=2)
    for filters in (64, 128, 256):
        half = convolution(filters // width // 2)
        text += convolution(filters // width) + section("route", layers=-1, groups=2, group_id=1)
        text += half + half + section("route", layers="-1,-2")
        text += convolution(filters // width, 1) + section("route", layers="-6,-1")
        text += section("maxpool", size=2, stride=2)
    text += convolution(512 // width) + convolution(256 // width, 1) + convolution(512 // width)
    text += head(classes, "3,4,5", TINY_ANCHORS, scale_x_y=1.05) + section("route", layers=-4)
    text += convolution(128 // width, 1) + section("upsample", stride=2)
    text += section("route", layers="-1,23") + convolution(256 // width)
    return text + head(classes, "1,2,3", TINY_ANCHORS, scale_x_y=1.05)


def yolov4_cfg(side: int = 608, classes: int = 80, width: int = 1) -> str:
    """YOLOv4's cfg: CSPDarknet-53 with mish, SPP, and a path up and down again."""
    text = net(side) + convolution(32 // width, activation="mish")
    for filters, blocks in STAGES.items():
        text += _crossing(filters // width, blocks)
    text += _in_turn([512, 1024, 512], width) + "".join(SPP) + _in_turn([512, 1024, 512], width)
    for filters, beside in ((256, 85), (128, 54)):
        text += convolution(filters // width, 1) + section("upsample", stride=2)
        text += section("route", layers=beside) + convolution(filters // width, 1)
        text += section("route", layers="-1,-3") + _in_turn([filters, 2 * filters] * 2, width)
        text += convolution(filters // width, 1)
    text += convolution(256 // width) + head(classes, "0,1,2", V4_ANCHORS, scale_x_y=1.2)
    for filters, beside, mask, scale in ((256, -16, "3,4,5", 1.1), (512, -37, "6,7,8", 1.05)):
        text += section("route", layers=-4) + convolution(filters // width, stride=2)
        text += section("route", layers=f"-1,{beside}")
        text += _in_turn([filters, 2 * filters] * 3, width)
        text += head(classes, mask, V4_ANCHORS, scale_x_y=scale)
    return text


def _crossing(filters: int, blocks: int) -> str:
    """A stage of CSPDarknet-53: half of it goes past the residual blocks."""
    first = blocks == 1  # which is not halved
    half = filters if first else filters // 2

    def mish(count: int, size: int = 1, stride: int = 1) -> str:
        return convolution(count, size, stride=stride, activation="mish")

    block = mish(filters // 2) + mish(half, 3)
    text = mish(filters, 3, 2) + mish(half) + section("route", layers=-2) + mish(half)
    text += (block + section("shortcut", **{"from": -3, "activation": "linear"})) * blocks
    text += mish(half) + section("route", layers=f"-1,{-(3 * blocks + 4)}")
    return text + mish(filters)


def _in_turn(filters: Sequence[int], width: int) -> str:
    """Convolutions whose size is 1 and 3 in turn."""
    sizes = [1 if place % 2 == 0 else 3 for place in range(len(filters))]
    each = zip(filters, sizes, strict=True)
    return "".join(convolution(count // width, size) for count, size in each)


def darknet19_cfg(side: int = 256, classes: int = 1000, width: int = 1) -> str:
    """Darknet-19's cfg (Redmon & Farhadi 2017, table 6), a classifier."""
    text, last = net(side), None
    stages = ([32], [64], [128, -64, 128], [256, -128, 256], [512, -256, 512, -256, 512])
    for stage in (*stages, [1024, -512, 1024, -512, 1024]):
        text += section("maxpool", size=2, stride=2) if last else ""
        for last in stage:
            text += convolution(abs(last) // width, 3 if last > 0 else 1)
    text += convolution(classes, 1, batch_normalize=0, activation="linear")
    return text + section("avgpool") + section("softmax", groups=1)


def extraction_cfg(side: int = 224, classes: int = 1000, width: int = 1) -> str:
    """Extraction's cfg (the backbone of Redmon et al. 2016, figure 3), a classifier."""
    text = net(side) + convolution(64 // width, 7, stride=2)
    pool = section("maxpool", size=2, stride=2)
    text += pool + convolution(192 // width) + pool + _in_turn([128, 256, 256, 512], width) + pool
    text += _in_turn([256, 512] * 4 + [512, 1024], width) + pool
    text += _in_turn([512, 1024] * 2, width)
    text += convolution(classes, 1, batch_normalize=0) + section("avgpool")
    return text + section("softmax", groups=1)


def resnet_cfg(bottleneck: bool, side: int = 256, classes: int = 1000, width: int = 1) -> str:
    """A ResNet as Darknet's cfg files have them (He et al. 2016, table 1): of 50 layers with
    bottlenecks, else of 18. A block that changes the size adds what fits, without a convolution."""
    text = net(side) + convolution(64 // width, 7, stride=2) + section("maxpool", size=2, stride=2)
    for stage, blocks in enumerate((3, 4, 6, 3) if bottleneck else (2, 2, 2, 2)):
        filters = 64 * 2**stage // width
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            if bottleneck:
                text += convolution(filters, 1) + convolution(filters, stride=stride)
                text += convolution(4 * filters, 1, activation="linear")
            else:
                text += convolution(filters, stride=stride)
                text += convolution(filters, activation="linear")
            before = {"from": -4 if bottleneck else -3}
            text += section("shortcut", **before, activation="leaky")
    text += convolution(classes, 1, batch_normalize=0, activation="linear")
    return text + section("avgpool") + section("softmax", groups=1)
