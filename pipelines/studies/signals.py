"""The same network for signals and for volumes: `signals.py [heartbeats] [volumes]`.

ECG5000's heartbeats (500, five classes; drawn ones where no mirror or host has them) and drawn
volumes, 3-D. Of five folds each is scored by a network that was trained on the other four. Leaves
numbers in reports/signals and in a run of MLflow for each.
"""

import json
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold

from fivenets.classification.any_dimensions import classifier
from fivenets.classification.evaluation import accuracy_with_interval
from fivenets.core import params, stage
from fivenets.core.candidates import METRICS_FILE
from fivenets.core.digests import arrays_sha256
from fivenets.core.errors import UserError
from fivenets.core.words import interval
from fivenets.drawn.beats import beats
from fivenets.drawn.volumes import volumes
from fivenets.fitting import inference
from fivenets.fitting.acceleration import FusedAdamW
from fivenets.fitting.fit import make_deterministic, warmup_then_cosine
from fivenets.runs import tracking
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin, in_words

FOLDS, DRAWN = 5, {"heartbeats": 500, "volumes": 600}


@dataclass(frozen=True)
class Plan:
    """How one kind of network is trained; chosen on drawn data, before the real was looked at."""

    widths: tuple[int, ...]
    kernel: int
    epochs: int
    dropout: float = 0.2
    batch_size: int = 16
    learning_rate: float = 0.003
    weight_decay: float = 0.01
    seed: int = 0


PLANS = {"heartbeats": Plan((16, 32, 64), 7, 25), "volumes": Plan((8, 16, 32), 3, 12)}


def main(*names: str) -> None:
    for name in names or PLANS:
        if name not in PLANS:
            raise UserError(f"expected one of {', '.join(PLANS)}, received {name}")
        inputs, labels, origin = data_of(name)
        reports = Path("reports/signals", name)
        reports.mkdir(parents=True, exist_ok=True)
        run_file = Path("checkpoints", f"{name}.json")
        with tracking.training(name, asdict(PLANS[name]), [origin], run_file) as run:
            rows: list[dict[str, float]] = []
            found = np.full(len(labels), -1)
            for fold, (known, asked) in enumerate(folds(labels)):
                start = time.perf_counter()
                network = trained(PLANS[name], inputs[known], labels[known], int(labels.max()) + 1)
                found[asked] = inference.outputs(network, inputs[asked], 256).argmax(axis=1)
                accuracy = float((found[asked] == labels[asked]).mean())
                seconds = time.perf_counter() - start
                rows.append({"epoch": fold, "loss": 1 - accuracy, "seconds": seconds})
                run.log_epoch(fold, rows[-1] | {"accuracy": accuracy})
                print(f"{name}, fold {fold + 1}: {accuracy:.3f}, {seconds:.0f} s", flush=True)
            numbers = scores(labels, found) | {
                "parameters": network.count_params(),
                "folds": [1 - row["loss"] for row in rows],
                "scored_on": [origin.record()],
            }
            file = reports / METRICS_FILE
            file.write_text(json.dumps(numbers, indent=2) + "\n")
            run.finish(file, rows, reports)  # the numbers are what this run has made
        client = tracking.connect()
        tracking.log_evaluation(client, tracking.run_of(client, file, reports), reports)
        print(
            f"{name}: accuracy {interval(numbers)}, {FOLDS} folds of {in_words([origin])}, where "
            f"the commonest class has {numbers['largest_class']:.3f}; mean recall "
            f"{numbers['balanced_accuracy']:.3f}; {numbers['parameters']:,} parameters"
        )


def data_of(name: str) -> tuple[np.ndarray, np.ndarray, Origin]:
    """Inputs (n, sides.., 1) float32, classes (n,) from 0, and where they are from."""
    if name == "heartbeats":
        source = params.load("data", "source")
        if found := fetch(ASSETS["ecg5000"], Path("data/raw"), source):
            table = np.loadtxt(next(found.folder.glob("*TRAIN*")))
            return table[:, 1:, None].astype(np.float32), table[:, 0].astype(int) - 1, found.origin
    inputs, labels = (beats if name == "heartbeats" else volumes)(DRAWN[name], seed=0)
    return inputs, labels, Origin.drawn(name, arrays_sha256([inputs, labels]))


def folds(labels: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is trained on and what is asked, FOLDS times: everything is asked once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two beats of a class cannot be in all folds
        shuffled = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        return list(shuffled.split(labels, labels))


def trained(plan: Plan, inputs: np.ndarray, labels: np.ndarray, classes: int) -> keras.Model:
    make_deterministic(plan.seed)
    shape = inputs.shape[1:]
    network = classifier(shape, classes, plan.widths, plan.kernel, plan.dropout)
    steps = plan.epochs * -(-len(inputs) // plan.batch_size)
    network.compile(
        optimizer=FusedAdamW(
            warmup_then_cosine(plan.learning_rate, steps, 0.1), weight_decay=plan.weight_decay
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=inference.jit_compile(),
    )
    network.fit(inputs, labels, plan.batch_size, plan.epochs, verbose=0)  # pyright: ignore[reportArgumentType]
    return network


def scores(labels: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Accuracy with its interval, and what it is worth where classes are not of equal size."""
    return {
        **accuracy_with_interval(found == labels),
        "balanced_accuracy": float(balanced_accuracy_score(labels, found)),
        "largest_class": float(np.bincount(labels).max() / len(labels)),
    }


if __name__ == "__main__":
    stage.run(main)
