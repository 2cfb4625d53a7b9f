"""One data set -> one prepared data set under data/."""

from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.classification.preparation import prepare
from fivenets.datasets.classification.prepared import DataSettings


def main(task: str) -> None:
    settings = params.settings(DataSettings, task)
    prepare(settings, params.load("data", "source"), Path("data", task), Path("data/raw"))


if __name__ == "__main__":
    stage.run(main)
