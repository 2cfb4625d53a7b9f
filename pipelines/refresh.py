"""Makes again what a better source is at hand for by now, which DVC cannot see.

What is built in gives way to a mirror or host that answers; a user's folder may have changed. What
was never made is left alone.
"""

import json
import subprocess
from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.classification.preparation import is_stale
from fivenets.datasets.classification.prepared import DataSettings
from fivenets.datasets.faces.prepared import FaceSettings
from fivenets.datasets.objects.prepared import ObjectSettings
from fivenets.detection import sources
from fivenets.sources import assets
from fivenets.sources.catalogue import ASSETS

STAGES = {  # by what they prepare, and what they are set by
    "classification": ("prepare@classification", DataSettings),
    "objects": ("prepare-objects@objects", ObjectSettings),
    "faces": ("prepare-faces@faces", FaceSettings),
    "faces-aligned": ("prepare-faces@faces-aligned", FaceSettings),
    "face-photographs": ("prepare-faces@face-photographs", FaceSettings),
}
MODELS = {  # by the stage that makes them, and the assets that take the place of what is built in
    "yolov2": ("convert", sources.REAL_ASSETS),
    "facenet-resnet": ("convert-faces@facenet-resnet", ("face_api_resnet",)),
    "style-transfer": ("stylize", ("style_images",)),
}


def main() -> None:
    for name, (prepare, schema) in STAGES.items():
        out = Path("data", name)
        if not out.exists():
            continue
        settings = params.settings(schema, name)
        if is_stale(settings.dataset, out, params.load("data", "source")):
            print(f"{name}: its source has changed since it was prepared; preparing it again")
            repeat(prepare)
    if params.load("data", "source") != "builtin":
        for name, (making, better) in MODELS.items():
            if is_built_in(name) and all(assets.answers(ASSETS[asset]) for asset in better):
                print(f"{name}: better than what is built in can be had by now; making it again")
                repeat(making)


def is_built_in(name: str) -> bool:
    """Whether a model was made of what is built in, for lack of anything better."""
    record = Path("reports", name, "training.json")
    if not record.exists() or not Path("models", f"{name}.keras").exists():
        return False
    origins = json.loads(record.read_text())["tags"]["data"].rpartition("(")[2]
    is_chosen = name == "yolov2" and params.load("yolov2", "convert", "source") == "builtin"
    return "builtin" in origins and not is_chosen


def repeat(stage_name: str) -> None:
    again = ["dvc", "repro", "--force", "--single-item", stage_name]
    if status := subprocess.run(again, check=False).returncode:
        raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
