"""params -> pictures with boxes -> a YOLOv2 network -> Darknet's files -> one .keras file.

What is served is read back from Darknet's files, and they are what its certificate is of.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.objects import prepared
from fivenets.detection import certificate
from fivenets.detection.detector import Detector
from fivenets.detection.settings import Recipe
from fivenets.detection.training import train
from fivenets.runs import tracking

COMPARED = 3  # test pictures on which engines are compared


def main(name: str, data_name: str) -> None:
    settings = params.settings(prepared.ObjectSettings, data_name)
    recipe = params.settings(Recipe, name, "train")
    data = prepared.load(Path("data", data_name), settings)
    checkpoints, reports = Path("checkpoints", name), Path("reports", name)
    model_file, run_file = Path("models", f"{name}.keras"), Path("checkpoints", f"{name}.run.json")
    parameters = asdict(recipe) | {"data": asdict(settings)}
    with tracking.training(name, parameters, data.source, run_file) as run:
        trained, rows = train(data, recipe, checkpoints, run.log_epoch)
        cfg, weights, _ = trained.write_darknet(Path("models", name))
        detector = Detector.from_darknet(
            cfg, weights, trained.labels, trained.resize, trained.trained_on
        )
        detector.save(model_file)
        run.finish(model_file, rows, reports)
    pictures = [example.image_rgb_uint8 for example in data.test[:COMPARED]]
    record = certificate.certify(detector, cfg, weights, pictures)
    (reports / "certificate.json").write_text(json.dumps(record, indent=2) + "\n")
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    stage.run(main)
