"""One data set -> one prepared data set under data/."""

from pathlib import Path

from fivenets import params, stage
from fivenets.datasets import preparation
from fivenets.datasets.faces import preparation as face_preparation
from fivenets.datasets.faces.preparation import FaceSettings
from fivenets.datasets.prepared import DataSettings
from fivenets.faces import alignment


def main(task: str) -> None:
    source, out, raw_dir = params.load("data", "source"), Path("data", task), Path("data/raw")
    if task.startswith("face"):
        settings = FaceSettings(**params.arguments(FaceSettings, task))
        face_preparation.prepare(settings, source, out, raw_dir, alignment.align_central)
    else:
        settings = DataSettings(**params.arguments(DataSettings, task))
        preparation.prepare(settings, source, out, raw_dir)


if __name__ == "__main__":
    stage.run(main)
