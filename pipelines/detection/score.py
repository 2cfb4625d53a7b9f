"""A trained detector and the test split -> precision, curves, speed and a page of pictures."""

import csv
import json
from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.objects import prepared
from fivenets.detection import boxes, drawing, evaluation, scoring
from fivenets.detection.detector import Detector
from fivenets.detection.settings import Evaluation
from fivenets.runs import tracking

SHOWN = 12  # test pictures


def main(name: str, data_name: str) -> None:
    settings = params.settings(prepared.ObjectSettings, data_name)
    examples = prepared.load(Path("data", data_name), settings).test
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    detector = Detector.from_file(model_file)
    pictures = [example.image_rgb_uint8 for example in examples]
    record = json.loads((reports / "certificate.json").read_text())
    compared = evaluation.metrics(detector, record, pictures[:SHOWN])

    fast = detector.for_inference("float32")  # numbers should not depend on the machine
    truth = scoring.truth_of(examples)
    found = scoring.as_objects(scoring.detect(fast, examples), detector.labels)
    ranked = scoring.rankings(truth, found, detector.labels)
    scored = scoring.metrics(truth, found, ranked)
    metrics = compared | scored | {"also": scoring.also(scored)}
    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    with (reports / "curves.csv").open("w", newline="") as stream:
        rows = scoring.curve_rows(ranked)
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    scoring.curves(ranked).savefig(reports / "curves.png", dpi=110)
    profile = boxes.PROFILES[params.settings(Evaluation, name, "evaluate").profile]
    shown = [fast.detect_in(picture, profile) for picture in pictures[:SHOWN]]
    drawing.page(pictures[:SHOWN], shown, detector.labels).save(reports / "detections.png")
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


if __name__ == "__main__":
    stage.run(main)
