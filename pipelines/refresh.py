"""Prepares again what a better source is at hand for by now, which DVC cannot see.

Built-in data give way to a mirror or host that answers; a user's folder may have changed. What was
never prepared is left alone.
"""

import subprocess
from pathlib import Path

from fivenets import params, stage
from fivenets.datasets.faces.preparation import FaceSettings
from fivenets.datasets.preparation import is_stale
from fivenets.datasets.prepared import DataSettings

STAGES = {  # by what they prepare, and what they are set by
    "classification": ("prepare@classification", DataSettings),
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
            again = ["dvc", "repro", "--force", "--single-item", prepare]
            if status := subprocess.run(again, check=False).returncode:
                raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
