"""params -> data -> network -> fit -> one model file, with a live run in MLflow."""

from fivenets import tasks
from fivenets.core import candidates, stage
from fivenets.core.errors import UserError
from fivenets.runs.tracking.making import make


def main(name: str) -> None:
    candidate = candidates.find(name)
    train = tasks.find(candidate.task).train
    if train is None:
        raise UserError(f"{name}: nothing is trained for the task {candidate.task}")
    make(candidate, train(candidate))


if __name__ == "__main__":
    stage.run(main)
