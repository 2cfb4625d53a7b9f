"""Pictures of what a classifier gets wrong, and of how depth tells in training."""

from collections.abc import Mapping, Sequence

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from fivenets.core.lettering import in_figure

MOST_SHOWN = 24  # misclassified images


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> Figure:
    """Counts of actual against predicted classes; labels and predicted are (n,) integers."""
    figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        labels,
        predicted,
        labels=np.arange(len(names)),
        display_labels=list(map(in_figure, names)),
        cmap="Blues",
        colorbar=False,
        ax=axes,
    )
    axes.set(xlabel="predicted", ylabel="actual", title=f"{len(labels)} test images")
    return figure


def misclassified(
    images_rgb_uint8: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
) -> Figure:
    """The wrongly classified images, the most confident mistakes first.

    Where there is none, the least confident right answers, and the title says so.
    images: (n, height, width, 3); labels: (n,); probabilities: (n, k).
    """
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    if len(wrong):
        shown = wrong[np.argsort(-confidence[wrong])][:MOST_SHOWN]
        title = f"{len(wrong)} of {len(labels)} test images misclassified"
    else:
        shown = np.argsort(confidence)[:6]
        title = f"none of {len(labels)} test images misclassified; the least certain:"
    rows = -(-len(shown) // 6)
    figure, grid = plt.subplots(
        rows, 6, figsize=(9, 1.9 * rows + 0.5), squeeze=False, layout="constrained"
    )
    figure.suptitle(title)
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, shown, strict=False):
        axes.imshow(images_rgb_uint8[index])
        actual, guess = (in_figure(names[int(of[index])]) for of in (labels, predicted))
        axes.set_title(f"is {actual}, said {guess} ({confidence[index]:.2f})", fontsize=8)
    return figure


def training_errors(errors: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Training error, 0..1, of plain and residual networks: over epochs, and against depth.

    errors: kind -> depth -> error after each epoch.
    """
    figure, axes = plt.subplots(1, 1 + len(errors), figsize=(11, 3.8), layout="constrained")
    for panel, (kind, by_depth) in zip(axes, errors.items(), strict=False):
        for depth, values in by_depth.items():
            panel.plot(range(1, len(values) + 1), values, label=f"{depth} layers")
        panel.set(title=f"{kind} networks", xlabel="epoch", ylabel="training error", ylim=(0, 1))
        panel.legend()
    for kind, by_depth in errors.items():
        last = [values[-1] for values in by_depth.values()]
        axes[-1].plot(list(map(int, by_depth)), last, marker="o", label=kind)
    axes[-1].set(title="after the last epoch", xlabel="layers", ylabel="training error")
    axes[-1].set_ylim(bottom=0)
    axes[-1].legend()
    return figure


def transfer(tables: Mapping[str, Sequence[Mapping]]) -> Figure:
    """Accuracy against pictures per class, a panel for each data set.

    Args: tables: by data set, rows with `way`, `shown` (pictures in all) and `accuracy` (mean, low,
        high).
    """
    figure, panels = plt.subplots(
        1, len(tables), figsize=(5.2 * len(tables), 4), squeeze=False, layout="constrained"
    )
    for axes, (name, rows) in zip(panels[0], tables.items(), strict=True):
        for way in dict.fromkeys(row["way"] for row in rows):
            points = [row for row in rows if row["way"] == way and "accuracy" in row]
            shown = [row["shown"] for row in points]
            mean, low, high = np.array([row["accuracy"] for row in points]).reshape(-1, 3).T
            (line,) = axes.plot(shown, mean, marker="o", label=way)
            axes.fill_between(shown, low, high, color=line.get_color(), alpha=0.12, linewidth=0)
        axes.set(xscale="log", xlabel="pictures trained on", ylabel="test accuracy", title=name)
        axes.grid(alpha=0.3)
    panels[0][0].legend(fontsize=8)
    return figure
