"""The classic networks on SIGNS, each scaled for 2 cores: `classics.py [EPOCHS [NAME...]]`.

Accuracy on the course's 120 test pictures against parameters, multiplications for one picture and
seconds of training. Adds to reports/studies/classics.json what is missing in it, network by
network, and draws docs/classics.png of all that is there.
"""

import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from fivenets.classification.evaluation import accuracy_with_interval
from fivenets.classification.settings import ClassifierRecipe
from fivenets.classification.training import train
from fivenets.core import params, stage
from fivenets.core.errors import UserError
from fivenets.core.words import interval
from fivenets.datasets.classification import prepared
from fivenets.datasets.settings import DataSettings
from fivenets.fitting import inference
from fivenets.fitting.strengths import Strengths
from fivenets.looking.arithmetic import table
from fivenets.runs import study

SIDE = 72  # pixels: AlexNet takes no fewer than 67
NAME, FIGURE = "classics", Path("docs/classics.png")
# Their options, and the rate: those without normalisation learn nothing at a higher one.
NETWORKS: dict[str, tuple[dict[str, Any], float]] = {
    "lenet5": ({"width": 2.0}, 0.001),
    "alexnet": ({"width": 0.125}, 0.001),
    "vgg16": ({"width": 0.125}, 0.001),
    "googlenet": ({"width": 0.25, "side_branches": True}, 0.003),
    "resnet": ({"depth": 18, "width": 16}, 0.003),
    "mobilenet_v2": ({"alpha": 0.5}, 0.003),
}


def main(epochs: str = "40", *names: str) -> None:
    for name in names:
        if name not in NETWORKS:
            raise UserError(f"expected some of {', '.join(NETWORKS)}, received {name}")
    found: dict[str, Any] = study.read(NAME, {"runs": {}})
    settings = replace(params.settings(DataSettings, "classification"), image_size=SIDE)
    data = prepared.load(Path("data/classification"), settings)
    found |= {"sources": [origin.record() for origin in data.origins]}
    for name in names or NETWORKS:
        if found["runs"].get(name, {}).get("epochs") == int(epochs):
            continue
        found["runs"][name] = measured(name, data, int(epochs))
        study.write(NAME, found)
        print(in_words(name, found["runs"][name]), flush=True)
    draw(found["runs"])


def measured(name: str, data: prepared.ImageDataset, epochs: int) -> dict[str, Any]:
    """One network trained on all but the test pictures, and what it is worth on them."""
    options, rate = NETWORKS[name]
    recipe = ClassifierRecipe(
        architecture=name,
        train_split="train+validation",
        network=options,
        epochs=epochs,
        batch_size=32,
        optimizer="fused_adamw",
        learning_rate=rate,
        warmup_fraction=0.1,
        weight_decay=0.05,
        label_smoothing=0.1,
        augmentation=Strengths(mirror=True, shift=0.08, crop=0.1, rotation=0.04),
        fused_batch_norm=True,
        seed=0,
    )
    start, before = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as checkpoints:
        network, _ = train(data, recipe, Path(checkpoints))
    seconds, cpu = time.perf_counter() - start, time.process_time() - before
    images, labels = data.arrays("test")
    right = inference.outputs(network, images, 64).argmax(axis=1) == labels
    return {
        **accuracy_with_interval(right),
        "parameters": network.count_params(),
        "multiplications": sum(row.multiplications or 0 for row in table(network)),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "epochs": epochs,
        "recipe": params.flatten(asdict(recipe)),
    }


def in_words(name: str, run: dict[str, Any]) -> str:
    return (
        f"{name}: {interval(run)}, {run['parameters']:,} parameters, "
        f"{run['multiplications'] / 1e6:.1f} million multiplications, {run['cpu_seconds']:.0f} s "
        f"of processor time ({run['seconds']:.0f} s beside other work)"
    )


def draw(runs: dict[str, dict[str, Any]]) -> None:
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained", sharey=True)
    axes = {
        "parameters": "parameters",
        "multiplications": "multiplications for one picture",
        "cpu_seconds": "seconds of processor time to train",
    }
    for panel, (key, label) in zip(panels, axes.items(), strict=True):
        for name, run in runs.items():
            error = [
                [run["accuracy"] - run["accuracy_low"]],
                [run["accuracy_high"] - run["accuracy"]],
            ]
            panel.errorbar(run[key], run["accuracy"], error, marker="o", capsize=3, label=name)
        panel.set(xscale="log", xlabel=label)
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_major_formatter(EngFormatter(sep=""))
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("accuracy on SIGNS' 120 test pictures")
    names = panels[0].get_legend_handles_labels()
    figure.legend(*names, loc="outside upper center", ncols=len(runs), frameon=False)
    figure.savefig(FIGURE, dpi=110)


if __name__ == "__main__":
    stage.run(main)
