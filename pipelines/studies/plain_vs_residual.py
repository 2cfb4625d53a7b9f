"""The course's figure: training error against depth, of plain and of residual networks.

    python pipelines/studies/plain_vs_residual.py [EPOCHS]

Thin networks of 20, 32 and 56 layers, trained alike on the prepared data with one seed. Leaves
numbers and the figure in reports/plain_vs_residual and in a run of MLflow.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from fivenets.classification import drawing
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import stage
from fivenets.core.candidates import METRICS_FILE
from fivenets.datasets.classification import prepared
from fivenets.fitting.strengths import Strengths
from fivenets.runs import tracking

NAME = "plain_vs_residual"
DEPTHS, WIDTH, EPOCHS = (20, 32, 56), 8, 24


def main(epochs: str = str(EPOCHS)) -> None:
    data = prepared.of_section("classification")
    reports = Path("reports", NAME)
    metrics_file = reports / METRICS_FILE
    parameters = asdict(recipe(int(epochs), 0, residual=True)) | {"network": {"width": WIDTH}}
    parameters["data"] = asdict(data.settings)
    errors: dict[str, dict[str, list[float]]] = {"plain": {}, "residual": {}}
    rows: list[dict[str, float]] = []
    sources, run_file = data.origins, Path("checkpoints/study.json")
    with tracking.training(NAME, parameters, sources, run_file) as run:
        for kind, by_depth in errors.items():
            for depth in DEPTHS:
                trained = recipe(int(epochs), depth, residual=kind == "residual")
                with tempfile.TemporaryDirectory() as checkpoints:
                    _, history = train(data, trained, Path(checkpoints))
                by_depth[str(depth)] = [1 - row["accuracy"] for row in history]
                seconds = sum(row["seconds"] for row in history)
                rows.append({"epoch": len(rows), "error": by_depth[str(depth)][-1]})
                rows[-1] |= {"loss": history[-1]["loss"], "depth": depth, "seconds": seconds}
                run.log_epoch(len(rows) - 1, rows[-1])
                print(f"{kind} {depth}: training error {rows[-1]['error']:.3f}, {seconds:.0f} s")
        reports.mkdir(parents=True, exist_ok=True)
        metrics_file.write_text(json.dumps({"training_error": errors}, indent=2) + "\n")
        drawing.training_errors(errors).savefig(reports / "training_errors.png", dpi=120)
        run.finish(metrics_file, rows, reports)  # the metrics are what this run has made
    client = tracking.connect()
    tracking.log_evaluation(client, tracking.run_of(client, metrics_file, reports), reports)


def recipe(epochs: int, depth: int, *, residual: bool) -> ClassifierRecipe:
    """As He et al. train them, but for the number of epochs and, so that it fits, the rate."""
    return ClassifierRecipe(
        architecture="thin_resnet",
        network={"depth": depth, "width": WIDTH, "residual": residual},
        epochs=epochs,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        warmup_fraction=0.1,
        weight_decay=0.0,
        label_smoothing=0.0,
        augmentation=Strengths(mirror=True, shift=0.05),
        fused_batch_norm=True,
        seed=0,
    )


if __name__ == "__main__":
    stage.run(main)
