"""Jobs' pictures and losses -> metrics, contact sheets and curves."""

import csv
import json
from pathlib import Path

from fivenets.core import stage
from fivenets.runs import tracking
from fivenets.style import drawing, evaluation, jobs
from fivenets.style.stylizer import Stylizer


def main(name: str) -> None:
    model_file, reports = Path("models", f"{name}.keras"), Path("reports", name)
    all_made = [jobs.read(folder) for folder in sorted((reports / "pictures").iterdir())]
    metrics = evaluation.metrics(Stylizer.from_file(model_file), all_made)
    (reports / tracking.METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n")
    with (reports / tracking.HISTORY_FILE).open(newline="") as stream:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
    drawing.stacked([drawing.curves(rows)]).save(reports / "losses.png")
    drawing.stacked([drawing.sheet(made) for made in all_made]).save(reports / "over-time.png")
    drawing.stacked([drawing.beside(made) for made in all_made]).save(reports / "beside.png")
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, model_file, reports), reports)


if __name__ == "__main__":
    stage.run(main)
