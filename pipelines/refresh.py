"""Prepares again what a better source is at hand for by now, which DVC cannot see.

Built-in data give way to a mirror or host that answers; a user's folder may have changed.
"""

import subprocess
from pathlib import Path

from fivenets import params, stage
from fivenets.datasets.faces.preparation import FaceSettings
from fivenets.datasets.preparation import is_stale
from fivenets.datasets.prepared import DataSettings

SETTINGS = {
    "classification": DataSettings,
    "faces": FaceSettings,
    "faces-aligned": FaceSettings,
    "face-photographs": FaceSettings,
}


def main() -> None:
    source = params.load("data", "source")
    for task, schema in SETTINGS.items():
        settings = schema(**params.arguments(schema, task))
        if is_stale(settings.dataset, Path("data", task), source):
            print(f"{task}: its source has changed since it was prepared; preparing it again")
            again = ["dvc", "repro", "--force", "--single-item", f"prepare@{task}"]
            if status := subprocess.run(again, check=False).returncode:
                raise SystemExit(status)


if __name__ == "__main__":
    stage.run(main)
