"""One set of pictures with boxes -> one prepared data set under data/."""

from pathlib import Path

from fivenets.core import params, stage
from fivenets.datasets.objects.preparation import prepare
from fivenets.datasets.objects.prepared import ObjectSettings


def main(name: str) -> None:
    settings = params.settings(ObjectSettings, name)
    prepare(settings, params.load("data", "source"), Path("data", name), Path("data/raw"))


if __name__ == "__main__":
    stage.run(main)
