"""Weights that are trained already -> one model file, with a run in MLflow."""

from fivenets import tasks
from fivenets.core import candidates, stage
from fivenets.core.errors import UserError
from fivenets.runs.tracking.making import make


def main(name: str) -> None:
    candidate = candidates.find(name)
    convert = tasks.find(candidate.task).convert
    if convert is None:
        raise UserError(f"{name}: nothing is converted for the task {candidate.task}")
    make(candidate, convert(candidate))


if __name__ == "__main__":
    stage.run(main)
