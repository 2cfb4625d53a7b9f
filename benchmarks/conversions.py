"""Every Darknet pair at hand, converted and compared with the engines on this machine.

    python benchmarks/conversions.py

Darknet's own cfg files get random weights; YOLO-LITE's pairs are trained. Compared are raw outputs,
boxes, and detections after suppression by both profiles, on Darknet's sample photographs and on
noise. Writes benchmarks/results/conversions.json; some 5 minutes on 2 cores, most of them Darknet's
own, where it is installed.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from fivenets.core import images
from fivenets.detection import certificate, darknet, evaluation, sources, weights
from fivenets.detection.detector import Detector

RAW_DIR, RESULTS = Path("data/raw"), Path("benchmarks/results/conversions.json")
CFGS = ("yolov2.cfg", "yolov2-voc.cfg", "yolov2-tiny.cfg", "yolov2-tiny-voc.cfg")


def main() -> None:
    compared = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in CFGS:
            cfg_file = sources.darknet_cfg(name, RAW_DIR)
            numbers = Path(scratch, name).with_suffix(".weights")
            numbers.write_bytes(
                weights.to_bytes(*weights.random(darknet.parse_file(cfg_file), seed=0))
            )
            compared[f"{name}, random weights"] = compare(cfg_file, numbers)
    for name in sources.YOLO_LITE:
        pair = sources.fetch(name, RAW_DIR)
        compared[name] = compare(pair.cfg, pair.weights)
    found = {"command": "python benchmarks/conversions.py", "pairs": compared}
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


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
    main()
