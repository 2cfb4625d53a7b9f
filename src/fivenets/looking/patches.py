"""What excites a network's units: of many pictures the patches that do so most.

After Zeiler and Fergus 2014, figure 2, without the projection back to pixels: of each unit the nine
pictures in which it is highest, each at its highest place alone, cut out by the receptive field.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from fivenets.fitting import inference
from fivenets.looking.arithmetic import Reach, Row, table

BEST = 9
BATCH_SIZE = 32  # pictures


@dataclass(frozen=True)
class Excited:
    """The units of one layer, and where each of them is highest."""

    layer: str
    reach: Reach
    values: np.ndarray  # (at most BEST, units), the highest first
    pictures: np.ndarray  # (at most BEST, units) numbers of pictures
    places: np.ndarray  # (at most BEST, units, 2) row and column among the layer's features

    def box(self, rank: int, unit: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what the unit sees, in pixels of the network's input."""
        y, x = self.reach.start + self.places[rank, unit] * self.reach.jump
        half = self.reach.field / 2
        return float(x - half), float(y - half), float(x + half), float(y + half)

    @property
    def alive(self) -> list[int]:
        """The units that some picture lifts above 0, below which ReLU lets nothing pass."""
        return np.flatnonzero(self.values[0] > 0).tolist()


class Peak(keras.Layer):
    """(n, height, width, units) -> the highest value of each (n, units), and its place."""

    def call(self, features):
        shape = ops.shape(features)
        flat = ops.reshape(features, (shape[0], shape[1] * shape[2], shape[3]))
        at = ops.argmax(flat, axis=1)
        return ops.max(flat, axis=1), ops.stack([at // shape[2], at % shape[2]], axis=-1)


def excited(
    network: keras.Model,
    pictures: Sequence[np.ndarray],
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> list[Excited]:
    """Of each layer that sees more than the one before it, where its units are highest.

    Args: pictures: each (height, width, 3), of the size and in the range that the network takes.
    """
    rows = layers_to_show(table(network))
    if not rows:
        return []
    # Highest values and their places are all that leaves the network: all features of hundreds of
    # pictures would take gigabytes.
    peaks = [Peak()(network.get_layer(row.name).output) for row in rows]
    peaking = keras.Model(network.inputs, [part for peak in peaks for part in peak])
    kept: list[list[np.ndarray]] = [[] for _ in rows]
    for start in progress(range(0, len(pictures), BATCH_SIZE)):
        batch = np.stack(pictures[start : start + BATCH_SIZE]).astype(np.float32)
        found = inference.all_outputs(peaking, batch, BATCH_SIZE)
        for index, (values, places) in enumerate(zip(found[::2], found[1::2], strict=True)):
            numbers = np.arange(start, start + len(batch))[:, None] + np.zeros_like(values, int)
            kept[index] = _best(kept[index], [values, numbers, places])
    return [
        Excited(row.name, row.reach, *best)
        for row, best in zip(rows, kept, strict=True)
        if row.reach
    ]


def layers_to_show(rows: Sequence[Row]) -> list[Row]:
    """Of the layers of each receptive field the last, where one of them has weights."""
    last: dict[Reach, Row] = {}
    with_weights = {row.reach for row in rows if row.parameters}
    for row in rows:
        if row.reach in with_weights and len(row.shape) == 3 and row.reach and row.reach.field > 1:
            last[row.reach] = row
    return list(last.values())


def _best(kept: list[np.ndarray], new: list[np.ndarray]) -> list[np.ndarray]:
    """Of values (n, units), and what goes with them, the BEST of each unit, the highest first."""
    both = [np.concatenate(pair) for pair in zip(kept, new, strict=True)] if kept else new
    order = np.argsort(-both[0], axis=0, kind="stable")[:BEST]
    return [
        np.take_along_axis(part, order.reshape(order.shape + (1,) * (part.ndim - 2)), axis=0)
        for part in both
    ]
