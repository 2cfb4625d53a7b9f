"""Prepares again what a better source is at hand for by now, which DVC cannot see.

Built-in data give way to a mirror or host that answers; a user's folder may have changed. What was
never prepared is left alone.
"""

import json
import subprocess
from pathlib import Path

from fivenets import params, stage
from fivenets.datasets.faces.preparation import FaceSettings
from fivenets.datasets.objects.prepared import ObjectSettings
from fivenets.datasets.preparation import is_stale
from fivenets.datasets.prepared import DataSettings
from fivenets.detection import sources

STAGES = {  # by what they prepare, and what they are set by
    "classification": ("prepare@classification", DataSettings),
    "objects": ("prepare-objects@objects", ObjectSettings),
    "faces": ("prepare-faces@faces", FaceSettings),
    "faces-aligned": ("prepare-faces@faces-aligned", FaceSettings),
    "face-photographs": ("prepare-faces@face-photographs", FaceSettings),
}


def main() -> None:
    for name, (prepare, schema) in STAGES.items():
        out = Path("data", name)
        if not out.exists():
            continue
        settings = schema(**params.arguments(schema, name))
        if is_stale(settings.dataset, out, params.load("data", "source")):
            print(f"{name}: its source has changed since it was prepared; preparing it again")
            repeat(prepare)
    converted = Path("models/yolov2.keras"), Path("reports/yolov2/training.json")
    if all(file.exists() for file in converted):
        data = json.loads(converted[1].read_text())["tags"]["data"]
        if params.load("yolov2", "convert", "source") == "auto" and sources.is_stale(data):
            print("yolov2: a published detector can be had by now; converting it")
            repeat("convert")


def repeat(stage_name: str) -> None:
    again = ["dvc", "repro", "--force", "--single-item", stage_name]
    if status := subprocess.run(again, check=False).returncode:
        raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
