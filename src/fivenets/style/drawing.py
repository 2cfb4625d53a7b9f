"""Pages of pictures: how one came about, what it was made of, and its losses."""

from collections.abc import Sequence

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from fivenets.style.jobs import Made

COLUMNS = 4


def sheet(made: Made) -> Figure:
    """The picture at intervals, and at last, in the order of iterations."""
    titled = {f"iteration {number}": image for number, image in made.snapshots.items()}
    titled["result"] = made.result
    rows = -(-len(titled) // COLUMNS)
    height, width = made.result.shape[:2]
    figure, axes = plt.subplots(
        rows, COLUMNS, figsize=(11, rows * (11 / COLUMNS * height / width + 0.3)), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, image) in zip(axes.flat, titled.items(), strict=False):
        axis.imshow(image)
        axis.set_title(title, fontsize=9)
    figure.tight_layout()
    return figure


def beside(made: Made) -> Figure:
    """content | styles | result, all of one height."""
    images = [made.content, *(style.image for style in made.styles), made.result]
    return row(images, ["content", *("style" for _ in made.styles), "result"])


def row(images: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Pictures (height, width, 3) uint8 beside each other, all of one height."""
    ratios = [image.shape[1] / image.shape[0] for image in images]
    figure, axes = plt.subplots(
        1, len(images), figsize=(13, 13 / sum(ratios) + 0.3), width_ratios=ratios
    )
    for axis, title, image in zip(axes, titles, images, strict=True):
        axis.imshow(image)
        axis.axis("off")
        axis.set_title(title, fontsize=11)
    figure.tight_layout()
    return figure


def curves(rows: list[dict[str, float]]) -> Figure:
    """Content and style loss of each layer, against iterations and against seconds."""
    layers = [key for key in rows[0] if key.startswith("style_loss/")]
    seconds = np.cumsum([row["seconds"] for row in rows])
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
    for axis, x, label in zip(
        axes, (np.arange(len(rows)), seconds), ("iteration", "seconds"), strict=True
    ):
        for key in (*layers, "content_loss"):
            # The content's own loss is nothing at the start, which has no logarithm.
            values = np.maximum([row[key] for row in rows], 1e-3)
            style = "--" if key == "content_loss" else "-"
            axis.plot(x, values, style, label=key.replace("style_loss/", "style, "), linewidth=1.2)
        axis.set(xlabel=label, yscale="log")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("loss of each layer")
    axes[1].legend(fontsize=8)
    figure.tight_layout()
    return figure


def stacked(figures: Sequence[Figure]) -> Image.Image:
    """Figures of equal width as one picture, one below the other."""
    drawn = []
    for figure in figures:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn.append(np.asarray(canvas.buffer_rgba())[..., :3])
        plt.close(figure)
    return Image.fromarray(np.vstack(drawn))
