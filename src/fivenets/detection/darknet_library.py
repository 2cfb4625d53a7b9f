"""Asks Darknet itself, in a process of its own; writes OUT.npz.

    darknet_library.py LIBRARY predict OUT.npz CFG WEIGHTS IN.npy OUTPUTS CLASSES
    darknet_library.py LIBRARY fit OUT.npz HEIGHT WIDTH CHANNELS letterbox|stretch FILE...

A process of its own, since Darknet ends its process on errors, prints to stderr, and brings its
own OpenCV; it imports nothing of this package, so as not to load TensorFlow beside it. The
signatures and structures are of Debian's package (include/darknet.h).
"""

import ctypes
import os
import sys
from pathlib import Path

import numpy as np

LIBRARY = Path("/usr/lib/darknet/libdarknet.so")  # Debian's package `darknet`


class Image(ctypes.Structure):
    """`image` in darknet.h: floats in 0..1, channel by channel."""

    _fields_ = (
        ("w", ctypes.c_int),
        ("h", ctypes.c_int),
        ("c", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_float)),
    )


class Detection(ctypes.Structure):
    """`detection` in darknet.h."""

    _fields_ = (
        ("bbox", ctypes.c_float * 4),  # x, y of the centre, w, h
        ("classes", ctypes.c_int),
        ("prob", ctypes.POINTER(ctypes.c_float)),
        ("mask", ctypes.POINTER(ctypes.c_float)),
        ("objectness", ctypes.c_float),
        ("sort_class", ctypes.c_int),
    )


def library() -> Path | None:
    """Where Darknet is installed; None where it is not."""
    return LIBRARY if LIBRARY.is_file() else None


def fit(
    darknet: ctypes.CDLL, height: int, width: int, channels: int, resize: str, files: list[str]
) -> dict[str, np.ndarray]:
    """The files as Darknet puts them into a network: pictures (n, height, width, channels)."""
    darknet.load_image.restype = Image
    fitting = darknet.letterbox_image if resize == "letterbox" else darknet.resize_image
    fitting.argtypes, fitting.restype = (Image, ctypes.c_int, ctypes.c_int), Image
    found = []
    for file in files:
        image = fitting(darknet.load_image(os.fsencode(file), 0, 0, channels), width, height)
        planes = np.ctypeslib.as_array(image.data, (channels, height, width))
        found.append(planes.transpose(1, 2, 0).copy())
    return {"pictures": np.stack(found)}


def predict(
    darknet: ctypes.CDLL,
    cfg: Path,
    weights: Path,
    pictures: np.ndarray,
    outputs: int,
    classes: int,
) -> dict[str, np.ndarray]:
    """Darknet's answer to (n, height, width, channels) float32 in 0..1.

    Args: outputs: numbers of the last layer. classes: of its boxes; 0 where none are wanted.
    Returns: output (n, numbers of the last layer), and with `classes` boxes_xywh (n, boxes, 4) in
        parts of the input and scores (n, boxes, classes) of all its [yolo] or its [region], the
        latter's with anchors slowest.
    """
    height, width = pictures.shape[1:3]
    darknet.load_network.restype = ctypes.c_void_p
    darknet.network_predict.restype = ctypes.POINTER(ctypes.c_float)
    darknet.get_network_boxes.restype = ctypes.POINTER(Detection)
    network = ctypes.c_void_p(darknet.load_network(bytes(cfg), bytes(weights), 0))
    darknet.set_batch_network(network, 1)
    answers, boxes, scores = [], [], []
    for picture in pictures:
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
        answer = darknet.network_predict(network, planes.ctypes.data_as(ctypes.c_void_p))
        answers.append(np.ctypeslib.as_array(answer, (outputs,)).copy())
        if classes:
            number = ctypes.c_int()
            detections = darknet.get_network_boxes(
                network, width, height, ctypes.c_float(-1), ctypes.c_float(0.5), None, 1,
                ctypes.byref(number),
            )  # fmt: skip
            rows = [detections[index] for index in range(number.value)]
            boxes.append([list(row.bbox) for row in rows])
            # `classes` of the structure is left at 0 by Darknet's region.
            scores.append([row.prob[:classes] for row in rows])
    return {
        "output": np.array(answers),
        "boxes_xywh": np.array(boxes, np.float32),
        "scores": np.array(scores, np.float32),
    }


def main(library_file: str, command: str, out: str, *arguments: str) -> None:
    darknet = ctypes.CDLL(library_file)
    if command == "fit":
        height, width, channels = map(int, arguments[:3])
        answer = fit(darknet, height, width, channels, arguments[3], list(arguments[4:]))
    else:
        cfg, weights, pictures = map(Path, arguments[:3])
        answer = predict(darknet, cfg, weights, np.load(pictures), *map(int, arguments[3:]))
    np.savez(out, allow_pickle=False, **answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
