"""The history of a training -> its learning curve, as the points of a drawing."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 320, 120  # of the drawing, in its own units
STEEP = 8  # the largest loss by the smallest from which their axis is logarithmic
MOST_POINTS = 400  # of a line: more are closer than a pixel


@dataclass(frozen=True)
class Line:
    """One column of a history."""

    name: str
    points: str  # x,y pairs for SVG, y downwards
    first: float
    last: float


@dataclass(frozen=True)
class Curve:
    """What is drawn, and the values at its upper and lower edge."""

    lines: Sequence[Line]
    high: float
    low: float
    steps: int
    unit: str  # epoch | iteration
    is_log: bool
    width: int = WIDTH
    height: int = HEIGHT


def read(history: Path) -> Curve | None:
    """The curve in a history.csv: of a score and the same on validation data, else of the loss.

    None where nothing was trained, or the file, which is not in git, is not here.
    """
    if not history.exists():
        return None
    with history.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = list(rows[0]) if rows else []
    scores = [name for name in names if f"val_{name}" in names and name != "loss"]
    shown = scores[0] if scores else "loss"
    drawn = [name for name in (shown, f"val_{shown}") if name in names]
    columns = {name: _thinned(_numbers(rows, name)) for name in drawn}
    columns = {name: values for name, values in columns.items() if len(values) > 1}
    if not columns:
        return None
    everything = [value for values in columns.values() for _, value in values]
    low, high = min(everything), max(everything)
    is_log = shown == "loss" and low > 0 and high / low >= STEEP

    def line(name: str, values: list[tuple[int, float]]) -> Line:
        scale = math.log if is_log else float
        span = (scale(high) - scale(low)) or 1.0
        steps = max(len(rows) - 1, 1)
        points = " ".join(
            f"{WIDTH * row / steps:.1f},{HEIGHT * (scale(high) - scale(value)) / span:.1f}"
            for row, value in values
        )
        return Line(name, points, values[0][1], values[-1][1])

    return Curve(
        lines=[line(name, values) for name, values in columns.items()],
        high=high,
        low=low,
        steps=len(rows),
        unit="iteration" if "iteration" in names else "epoch",
        is_log=is_log,
    )


def _thinned(values: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most about MOST_POINTS of them, evenly; the last is kept."""
    step = math.ceil(len(values) / MOST_POINTS) or 1
    return [*values[:-1:step], *values[-1:]]


def _numbers(rows: Sequence[dict[str, str]], name: str) -> list[tuple[int, float]]:
    """(row, value) of each row where the column has a finite number."""
    found = [(row, float(cells[name])) for row, cells in enumerate(rows) if cells[name]]
    return [(row, value) for row, value in found if math.isfinite(value)]
