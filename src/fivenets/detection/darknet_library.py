"""Asks Darknet itself: `darknet_library.py CFG WEIGHTS IN.npy OUT.npz OUTPUTS CLASSES`.

A process of its own, since Darknet ends its process on errors, prints to stderr, and brings its
own OpenCV; it imports nothing of this package, so as not to load TensorFlow beside it. The
signatures and structures are of Debian's package (include/darknet.h).
"""

import ctypes
import sys
from pathlib import Path

import numpy as np

LIBRARIES = (Path("/usr/lib/darknet/libdarknet.so"),)  # Debian's package `darknet`


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
    return next((path for path in LIBRARIES if path.is_file()), None)


def predict(
    cfg: Path, weights: Path, pictures: np.ndarray, outputs: int, classes: int
) -> dict[str, np.ndarray]:
    """Darknet's answer to (n, height, width, 3) float32 in 0..1.

    Args: outputs: numbers of the last layer. classes: of its region; 0 where it ends in none.
    Returns: output (n, numbers of the last layer), and where that is a region, boxes_xywh
        (n, boxes, 4) in parts of the input and scores (n, boxes, classes), anchors slowest.
    """
    height, width = pictures.shape[1:3]
    found = library()
    if found is None:
        raise FileNotFoundError("libdarknet.so")
    darknet = ctypes.CDLL(str(found))
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
                network, width, height, ctypes.c_float(0), ctypes.c_float(0.5), None, 1,
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


if __name__ == "__main__":
    cfg_file, weights_file, pictures_file, out = map(Path, sys.argv[1:5])
    answer = predict(cfg_file, weights_file, np.load(pictures_file), *map(int, sys.argv[5:]))
    np.savez(out, allow_pickle=False, **answer)
