"""A converted detector and its certificate -> agreement with other engines, speed, a page."""

import json
from pathlib import Path

from fivenets.core import images, params, stage
from fivenets.detection import boxes, drawing, evaluation, sources
from fivenets.detection.detector import Detector
from fivenets.detection.settings import Evaluation
from fivenets.runs import tracking


def main(name: str) -> None:
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    detector = Detector.from_file(model_file)
    photographs = [
        images.read_image(picture)
        for picture in sources.photographs(detector.trained_on, Path("data/raw"))
    ]
    record = json.loads((reports / "certificate.json").read_text())
    metrics = evaluation.metrics(detector, record, photographs)
    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    profile = boxes.PROFILES[params.settings(Evaluation, name, "evaluate").profile]
    fast = detector.for_inference("float32")  # numbers should not depend on the machine
    found = [fast.detect_in(photograph, profile) for photograph in photographs]
    page = drawing.page(photographs, found, detector.labels)
    page.save(reports / "detections.png")
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


if __name__ == "__main__":
    stage.run(main)
