"""Draws docs/reorg.png: where Darknet's reorg and space_to_depth put the same sixteen numbers."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from fivenets.detection.layers import Reorg

COLOURS = ("#e8743b", "#19a979", "#3b6fe8", "#b45bd1")  # of the four channels of the input


def main() -> None:
    planes = np.arange(16).reshape(4, 2, 2)  # channels, rows, columns
    picture = planes.transpose(1, 2, 0)[None].astype("float32")
    by_darknet = keras.ops.convert_to_numpy(Reorg(2)(picture)).ravel().astype(int)
    # TensorFlow's definition: a block's rows and columns come first, its channels last.
    by_space_to_depth = picture.ravel().astype(int)
    figure, axes = plt.subplots(3, 1, figsize=(9, 4.3), height_ratios=[1.7, 1, 1])
    for channel, plane in enumerate(planes):
        for (row, column), value in np.ndenumerate(plane):
            cell(axes[0], 4.2 * channel + column, 1 - row, value)
        axes[0].text(4.2 * channel + 1, 2.2, f"channel {channel}", ha="center", fontsize=10)
    axes[0].set_title("input: 2 x 2 pixels, 4 channels", loc="left", fontsize=11, pad=26)
    titles = (
        "Darknet's reorg, stride 2: 1 x 1 pixel, 16 channels",
        "space_to_depth, the same size",
    )
    for axis, title, values in zip(axes[1:], titles, (by_darknet, by_space_to_depth), strict=True):
        for channel, value in enumerate(values):
            cell(axis, channel, 0, value)
        axis.set_title(title, loc="left", fontsize=11)
    for axis in axes:
        axis.set(xlim=(-0.1, 16.1), ylim=(0, 2 if axis is axes[0] else 1), aspect="equal")
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name("reorg.png"), dpi=110)


def cell(axes: Axes, x: float, y: float, value: int) -> None:
    axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=COLOURS[value // 4], edgecolor="white"))
    axes.text(x + 0.5, y + 0.5, str(value), ha="center", va="center", color="white", fontsize=11)


if __name__ == "__main__":
    main()
