"""Darknet's cfg and weights -> one .keras file, with a certificate and a run in MLflow."""

import json
import time
from dataclasses import asdict
from pathlib import Path

from fivenets.core import images, params, stage
from fivenets.detection import certificate, sources
from fivenets.detection.detector import Detector, read_names
from fivenets.detection.settings import Conversion
from fivenets.runs import tracking


def main(name: str) -> None:
    settings = params.settings(Conversion, name, "convert")
    pair = sources.fetch(settings.source, Path("data/raw"))
    origin = {**asdict(pair.origin), "asset": pair.name}
    reports, model_file = Path("reports", name), Path("models", f"{name}.keras")
    run_file = Path("checkpoints", f"{name}.run.json")
    with tracking.training(name, asdict(settings), origin, run_file) as run:
        start = time.perf_counter()
        labels = read_names(pair.names)
        resize = settings.resize_of(pair.resize)
        trained_on = f"{pair.name} ({pair.origin.origin})"
        detector = Detector.from_darknet(pair.cfg, pair.weights, labels, resize, trained_on)
        detector.save(model_file)
        seconds = time.perf_counter() - start
        run.log_epoch(0, {"seconds": seconds})
        photographs = [images.read_image(picture) for picture in pair.photographs]
        record = certificate.certify(detector, pair.cfg, pair.weights, photographs)
        run.finish(model_file, [{"epoch": 0, "seconds": seconds}], reports)
    (reports / "certificate.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    stage.run(main)
