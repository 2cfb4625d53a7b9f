"""Every Darknet pair at hand, converted and compared with the engines on this machine.

    python benchmarks/conversions.py [NAME...]

Darknet's own cfg files, and YOLOv3's and YOLOv4's families as the tests write them, get random
weights; YOLO-LITE's and Yolo-Fastest's pairs are trained. Compared are raw outputs, boxes, and
detections after suppression by both profiles, on Darknet's sample photographs and on noise. Writes
benchmarks/results/conversions.json, in which names that were not asked for stay as they are; some
20 minutes on 2 cores, and as much again for Darknet's own, where it is installed.
"""

import functools
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detection_inference import darknet_cfg, random_weights

from fivenets.core import images
from fivenets.detection import certificate, darknet, evaluation, sources, weights
from fivenets.detection.detector import Detector

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "detection"))
import yolo_networks

RAW_DIR, RESULTS = Path("data/raw"), Path("benchmarks/results/conversions.json")
CFGS = ("yolov2.cfg", "yolov2-voc.cfg", "yolov2-tiny.cfg", "yolov2-tiny-voc.cfg")
WRITTEN = {
    "yolov3": yolo_networks.yolov3_cfg,
    "yolov3-spp": functools.partial(yolo_networks.yolov3_cfg, spp=True),
    "yolov3-tiny": yolo_networks.yolov3_tiny_cfg,
    "yolov4": yolo_networks.yolov4_cfg,
    "yolov4-tiny": yolo_networks.yolov4_tiny_cfg,
}


def main(names: Sequence[str]) -> None:
    compared = json.loads(RESULTS.read_text())["pairs"] if names else {}
    for name in names or (*CFGS, *WRITTEN, *sources.RELATIVES):
        if name in sources.RELATIVES:
            pair = sources.fetch(name, RAW_DIR)
            compared[name] = compare(pair.cfg, pair.weights)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            if name in WRITTEN:
                cfg_file = Path(scratch, f"{name}.cfg")
                cfg_file.write_text(WRITTEN[name]())
            else:
                cfg_file = darknet_cfg(name, RAW_DIR)
            numbers = Path(scratch, name).with_suffix(".weights")
            numbers.write_bytes(
                weights.to_bytes(*random_weights(darknet.parse_file(cfg_file), seed=0))
            )
            compared[f"{name}, random weights"] = compare(cfg_file, numbers)
    command = "python benchmarks/conversions.py"
    RESULTS.write_text(json.dumps({"command": command, "pairs": compared}, indent=2) + "\n")


def compare(cfg_file: Path, weights_file: Path) -> dict[str, Any]:
    """The pair's certificate, and the share of pictures whose detections are the engines'."""
    detector = Detector.from_darknet(cfg_file, weights_file, resize="stretch")
    files = sources.photographs(None, RAW_DIR)
    record = certificate.certify(detector, cfg_file, weights_file, files)
    photographs = [images.read_image(file) for file in files]
    same = evaluation.agreement(detector, photographs)["same_detections"]
    is_alike = detector.to_weights() == weights_file.read_bytes()
    print(f"{cfg_file.name}: {record['engines']}, {same}", flush=True)
    return record | {"written_back_alike": is_alike, "same_detections": same}


if __name__ == "__main__":
    main(sys.argv[1:])
