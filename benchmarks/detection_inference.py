"""A detector on one picture at a time: this project against OpenCV in one process.

    python benchmarks/detection_inference.py [NAME]

NAME is YOLOv2's cfg, at 608 pixels, or one of the networks of `detection/sources.py`.

Random weights, since speed does not depend on them. The engines take turns, so that another
load on the machine falls on all alike; medians are printed as one JSON object. What bfloat16
does to detections is measured on the trained networks, with Darknet's sample photographs and those
of LFW-10.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from turns import medians

from fivenets.core import images
from fivenets.detection import boxes, darknet, model, processor, sources, weights
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detection, Detector, read_names
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from random_weights import random_weights

ROUNDS = 7
MATCHING_IOU = 0.8  # of two boxes of a class that are one detection


def main(name: str = "yolov2.cfg") -> None:
    import cv2

    is_pair = name in sources.RELATIVES
    raw_dir = Path("data/raw")
    cfg_file = sources.fetch(name, raw_dir).cfg if is_pair else darknet_cfg(name, raw_dir)
    network = darknet.parse_file(cfg_file)
    header, numbers = random_weights(network, seed=0)
    built = model.build(network)
    model.load(built, numbers)
    labels = [str(index) for index in range(network.regions[0].classes)]
    plain = Detector(built, network, header, labels)
    height, width, channels = network.input_shape
    picture = np.random.default_rng(0).random((1, height, width, channels), np.float32)
    planes = np.ascontiguousarray(picture.transpose(0, 3, 1, 2))
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch, "net.cfg"), Path(scratch, "net.weights")
        files[0].write_text(network.text)
        files[1].write_bytes(weights.to_bytes(header, numbers))
        opencv = cv2.dnn.readNetFromDarknet(*map(str, files))

    def ask_opencv() -> Any:
        opencv.setInput(planes)
        return opencv.forward(opencv.getUnconnectedOutLayersNames())

    fast, half = plain.for_inference("float32"), plain.for_inference("bfloat16")
    raws = [raw[0] for raw in fast.raw(picture)]
    calls: dict[str, Callable[[], Any]] = {
        "opencv": ask_opencv,
        "keras": lambda: plain.raw(picture),
        "keras, folded": lambda: fast.raw(picture),
        "keras, folded, bfloat16": lambda: half.raw(picture),
        "decode and suppress, course": lambda: boxes.detections(
            raws, plain.regions, PROFILES["course"]
        ),
    }
    took = medians(calls, ROUNDS)
    print(
        json.dumps(
            {
                "network": name,
                "opencv_version": cv2.__version__,
                "boxes": sum(map(np.size, raws)) // (5 + plain.regions[0].classes),
                "milliseconds": {name: round(value, 2) for name, value in took.items()},
                "of_opencv": {
                    name: round(value / took["opencv"], 3) for name, value in took.items()
                },
                "used_here": processor.fastest_dtype(),
                "bfloat16_changes": {one: changes(one) for one in sources.RELATIVES},
            },
            indent=2,
        )
    )


def changes(name: str) -> dict[str, Any]:
    """By profile: detections in float32, and what bfloat16 makes of them."""
    raw_dir = Path("data/raw")
    pair = sources.fetch(name, raw_dir)
    detector = Detector.from_darknet(pair.cfg, pair.weights, read_names(pair.names), pair.resize)
    exact, half = detector.for_inference("float32"), detector.for_inference("bfloat16")
    people = fetch(ASSETS["lfw10"], raw_dir, "auto")
    files = list(pair.photographs)
    if people:
        files += sorted(people.folder.rglob("*.jpg"))
    photographs = [images.read_image(file) for file in files]
    rows: dict[str, Any] = {"photographs": len(photographs)}
    for profile_name, profile in PROFILES.items():
        found = [[by.detect_in(one, profile) for one in photographs] for by in (exact, half)]
        moves = [move for pictures in zip(*found, strict=True) for move in matched(*pictures)]
        edges, scores = np.array(moves).T
        counts = [sum(map(len, pictures)) for pictures in found]
        rows[profile_name] = {
            "detections": counts[0],
            "lost": counts[0] - len(moves),
            "new": counts[1] - len(moves),
            "edge_moved_px": {"median": round(np.median(edges), 3), "max": round(edges.max(), 2)},
            "score_moved": {"median": round(np.median(scores), 5), "max": round(scores.max(), 4)},
        }
    return rows


def matched(found: list[Detection], others: list[Detection]) -> list[tuple[float, float]]:
    """How far an edge (pixels) and the score moved, of each object that both have (IoU 0.8)."""
    moves, left = [], list(others)
    for one in found:
        same = [other for other in left if other.label == one.label]
        overlaps = [float(boxes.iou(corners(one), corners(other))) for other in same]
        if max(overlaps, default=0) < MATCHING_IOU:
            continue
        other = same[int(np.argmax(overlaps))]
        left.remove(other)
        edge = float(np.abs(corners(one) - corners(other)).max())
        moves.append((edge, abs(one.score - other.score)))
    return moves


def corners(one: Detection) -> np.ndarray:
    return np.array([one.x1, one.y1, one.x2, one.y2])


def darknet_cfg(name: str, raw_dir: Path) -> Path:
    """One of Darknet's own cfg files, such as yolov2.cfg."""
    found = fetch(ASSETS["darknet"], raw_dir, "real")
    assert found
    return found.folder / "cfg" / name


if __name__ == "__main__":
    main(*sys.argv[1:])
