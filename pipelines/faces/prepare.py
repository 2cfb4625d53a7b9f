"""One set of faces -> one prepared data set under data/, its faces upright where that is asked."""

from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.faces.preparation import prepare
from fivenets.datasets.faces.prepared import FaceSettings
from fivenets.faces import alignment


def main(name: str) -> None:
    settings = params.settings(FaceSettings, name)
    prepare(
        settings,
        params.load("data", "source"),
        Path("data", name),
        Path("data/raw"),
        alignment.align_central,
    )


if __name__ == "__main__":
    stage.run(main)
