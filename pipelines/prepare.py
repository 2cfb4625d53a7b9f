"""One section of params.yaml that names a data set -> one prepared data set under data/."""

from pathlib import Path

from fivenets import tasks
from fivenets.core import params, stage
from fivenets.core.errors import UserError
from fivenets.datasets.settings import OF_TASK, Source


def main(task: str, section: str) -> None:
    prepare = tasks.find(task).prepare
    if prepare is None:
        raise UserError(f"{task} has no data sets to prepare")
    settings, source = params.settings(OF_TASK[task], section), params.settings(Source, "data")
    prepare(settings, source.source, Path("data", section), Path("data/raw"))


if __name__ == "__main__":
    stage.run(main)
