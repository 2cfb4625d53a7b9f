"""A model and what it has not seen -> numbers, pictures and tables, added to the model's run."""

import json
import shutil

from fivenets import tasks
from fivenets.core import candidates, files, stage
from fivenets.runs import tracking


def main(name: str) -> None:
    candidate = candidates.find(name)
    for folder in (candidate.pictures, candidate.tables):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    metrics = tasks.find(candidate.task).evaluate(candidate)
    files.write_text(candidate.metrics, json.dumps(metrics, indent=2) + "\n")
    client = tracking.connect()
    run_id = tracking.run_of(client, candidate.file, candidate.reports)
    tracking.log_evaluation(client, run_id, candidate.reports)


if __name__ == "__main__":
    stage.run(main)
