"""Small and full-size Darknet networks, written on the fly."""

# Filters of YOLOv2's 3x3 and, negative, 1x1 convolutions; "M" halves the sides.
YOLOV2 = [32, "M", 64, "M", 128, -64, 128, "M", 256, -128, 256, "M", 512, -256, 512, -256, 512]
YOLOV2 += ["M", 1024, -512, 1024, -512, 1024, 1024, 1024]
ANCHORS = "0.57273,0.677385, 1.87446,2.06253, 3.33843,5.47434, 7.88282,3.52778, 9.77052,9.16828"


def section(kind: str, **options: object) -> str:
    return "\n".join([f"[{kind}]", *(f"{key}={value}" for key, value in options.items())]) + "\n\n"


def convolution(filters: int, size: int = 3, **options: object) -> str:
    given = {"batch_normalize": 1, "filters": filters, "size": size, "stride": 1, "pad": 1}
    return section("convolutional", **{**given, "activation": "leaky", **options})


def region(classes: int, anchors: str = ANCHORS, **options: object) -> str:
    given = {"anchors": anchors, "classes": classes, "num": len(anchors.split(",")) // 2}
    return section("region", **{**given, "softmax": 1, **options})


def head(classes: int, anchors: int = 5) -> str:
    filters = anchors * (5 + classes)
    return convolution(filters, 1, batch_normalize=0, activation="linear")


def yolov2_cfg(side: int = 608, classes: int = 80, width: int = 1) -> str:
    """YOLOv2's cfg; `width` divides the number of filters."""
    text = section("net", width=side, height=side, channels=3)
    for item in YOLOV2:
        if item == "M":
            text += section("maxpool", size=2, stride=2)
        else:
            text += convolution(abs(int(item)) // width, 3 if int(item) > 0 else 1)
    text += section("route", layers=-9) + convolution(64 // width, 1) + section("reorg", stride=2)
    text += section("route", layers="-1,-4") + convolution(1024 // width)
    return text + head(classes) + region(classes)


TINY = (
    section("net", width=64, height=32, channels=3)
    + convolution(8)
    + section("maxpool", size=2, stride=2)
    + convolution(4, batch_normalize=0, stride=2)
    + section("reorg", stride=2)
    + section("maxpool", size=2, stride=1)
    + head(3, 2)
    + region(3, "1,2, 3,1")
)
