"""YOLOv2 at 608 pixels, one picture at a time: this project against OpenCV in one process.

    python benchmarks/detection_inference.py [SIDE]

Random weights, since speed does not depend on them. The engines take turns, so that another
load on the machine falls on all alike; medians are printed as one JSON object. What bfloat16
does to detections is measured on a trained network, YOLO-LITE, and Darknet's sample photographs.
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

from fivenets import images
from fivenets.detection import boxes, darknet, model, sources, weights
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector, read_names

ROUNDS = 7


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

    fast, mixed = plain.for_inference(), plain.for_inference("mixed_bfloat16")
    half = plain.for_inference("bfloat16")  # spares the cast of every weight at every call
    frozen = as_constants(half)
    raw = fast.raw(picture)[0]
    calls: dict[str, Callable[[], Any]] = {
        "opencv": ask_opencv,
        "keras": lambda: plain.raw(picture),
        "keras, folded": lambda: fast.raw(picture),
        "keras, folded, mixed bfloat16": lambda: mixed.raw(picture),
        "keras, folded, bfloat16": lambda: half.raw(picture),
        "keras, folded, bfloat16, constants": lambda: frozen(picture),
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
                "yolo_lite_in_bfloat16": changes(),
            },
            indent=2,
        )
    )


def as_constants(detector: Detector) -> Callable[[np.ndarray], np.ndarray]:
    """The network as one TensorFlow graph whose weights are constants in it."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    network = detector.network
    shape = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32)
    traced = tf.function(lambda pictures: network(pictures, training=False), autograph=False)
    graph: Any = convert_variables_to_constants_v2(traced.get_concrete_function(shape))
    return lambda pictures: graph(tf.constant(pictures))[0].numpy()


def changes() -> dict[str, Any]:
    """Detections on photographs in float32 and how far bfloat16 moves those, course profile."""
    pair = sources.fetch("yolo-lite-voc", Path("data/raw"))
    detector = Detector.from_darknet(pair.cfg, pair.weights, read_names(pair.names), pair.resize)
    exact, half = detector.for_inference(), detector.for_inference("bfloat16")
    rows = []
    for picture in map(images.read_image, pair.photographs):
        one, other = (by.detect_in(picture, PROFILES["course"]) for by in (exact, half))
        by_place = [sorted(found, key=lambda d: (d.label, d.x1)) for found in (one, other)]
        is_same = [d.label for d in by_place[0]] == [d.label for d in by_place[1]]
        edges, scores = 0.0, 0.0
        for a, b in zip(*by_place, strict=False) if is_same else []:
            moves = [abs(getattr(a, edge) - getattr(b, edge)) for edge in ("x1", "y1", "x2", "y2")]
            edges, scores = max(edges, *moves), max(scores, abs(a.score - b.score))
        rows.append((len(one), is_same, edges, scores))
    counts, same, edges, scores = zip(*rows, strict=True)
    return {
        "detections": sum(counts),
        "same_on_pictures": sum(same) / len(same),
        "max_edge_moved_px": round(max(edges), 2),
        "max_score_moved": round(max(scores), 4),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
