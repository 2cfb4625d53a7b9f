"""YOLOv2 at 608 pixels, one picture at a time: this project against OpenCV in one process.

    python benchmarks/detection_inference.py [SIDE]

Random weights, since speed does not depend on them. The engines take turns, so that another
load on the machine falls on all alike; medians are printed as one JSON object.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.detection import boxes, darknet, model, sources, weights
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector

ROUNDS = 9


def main(side: str = "608") -> None:
    import cv2

    cfg_file = sources.darknet_cfg("yolov2.cfg", Path("data/raw"))
    text = cfg_file.read_text().replace("=608", f"={side}")
    network = darknet.parse(text)
    header, numbers = weights.random(network, seed=0)
    built = model.build(network)
    model.load(built, network, numbers)
    assert network.region
    labels = [str(index) for index in range(network.region.classes)]
    plain = Detector(built, network, header, labels)
    height, width, channels = network.input_shape
    picture = np.random.default_rng(0).random((1, height, width, channels), np.float32)
    planes = np.ascontiguousarray(picture.transpose(0, 3, 1, 2))
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch, "net.cfg"), Path(scratch, "net.weights")
        files[0].write_text(text)
        files[1].write_bytes(weights.to_bytes(header, numbers))
        opencv = cv2.dnn.readNetFromDarknet(*map(str, files))

    def ask_opencv() -> np.ndarray:
        opencv.setInput(planes)
        return opencv.forward()

    fast, half = plain.for_inference(), plain.for_inference("mixed_bfloat16")
    raw = fast.raw(picture)[0]
    calls: dict[str, Callable[[], Any]] = {
        "opencv": ask_opencv,
        "keras": lambda: plain.raw(picture),
        "keras, folded": lambda: fast.raw(picture),
        "keras, folded, bfloat16": lambda: half.raw(picture),
        "decode and suppress, course": lambda: boxes.detections(
            raw, plain.region, PROFILES["course"]
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if turn:  # the first traces and allocates
                times[name].append(time.perf_counter() - start)
    medians = {name: 1000 * statistics.median(values) for name, values in times.items()}
    print(
        json.dumps(
            {
                "side": int(side),
                "opencv_version": cv2.__version__,
                "boxes": raw.size // (5 + plain.region.classes),
                "milliseconds": {name: round(value, 2) for name, value in medians.items()},
                "of_opencv": {
                    name: round(value / medians["opencv"], 3) for name, value in medians.items()
                },
                "bfloat16_max_abs_difference": float(np.abs(half.raw(picture)[0] - raw).max()),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
