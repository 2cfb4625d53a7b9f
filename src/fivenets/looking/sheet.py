"""A contact sheet of what excites each layer's units, and the first layer's filters."""

from collections.abc import Sequence

import keras
import numpy as np
from PIL import Image, ImageDraw

from fivenets.core import lettering
from fivenets.looking.patches import BEST, Excited

TILE, GAP = 34, 8  # pixels of a patch; between the squares of nine
ACROSS = 3  # patches
LABEL = 150  # pixels left of a layer
INK, PAPER, EMPTY = (40, 40, 44), (250, 250, 248), (226, 226, 224)


def sheet(
    layers: Sequence[Excited],
    filters: np.ndarray | None,
    pictures: Sequence[np.ndarray],
    units: int,
) -> Image.Image:
    """A row for each layer, the first on top: its name, and for some units nine patches each.

    Units are taken at even steps of those alive. Args: filters: (k, k, 3, n) of the first layer,
        which then are a row of their own; pictures: (height, width, 3) uint8, as the network saw
        them.
    """
    square = ACROSS * TILE + 2
    above = square if filters is not None else 0
    size = (LABEL + units * (square + GAP), 2 * GAP + above + len(layers) * (square + GAP))
    page = Image.new("RGB", size, PAPER)
    top = GAP
    if filters is not None:
        _label(page, top, "filters", f"{filters.shape[0]}x{filters.shape[1]} pixels")
        for column, index in enumerate(_spread(range(filters.shape[-1]), units)):
            tile = as_picture(filters[..., index]).resize(
                (square, square), Image.Resampling.NEAREST
            )
            page.paste(tile, (LABEL + column * (square + GAP), top))
        top += square + GAP
    for layer in layers:
        seen = f"{layer.reach.field}x{layer.reach.field} pixels"
        _label(page, top, layer.layer, seen, f"{len(layer.alive)} of {layer.values.shape[1]} alive")
        for column, unit in enumerate(_spread(layer.alive, units)):
            left = LABEL + column * (square + GAP)
            for rank in range(BEST):
                corner = left + rank % ACROSS * (TILE + 1), top + rank // ACROSS * (TILE + 1)
                page.paste(_tile(layer, rank, unit, pictures), corner)
        top += square + GAP
    return page


def first_filters(network: keras.Model) -> np.ndarray | None:
    """The kernels (k, k, 3, n) of the first convolution, where they are ones of colours."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel = np.asarray(layer.kernel)
            return kernel if kernel.shape[2] == 3 and kernel.shape[0] > 1 else None
    return None


def as_picture(kernel: np.ndarray) -> Image.Image:
    """A filter (k, k, 3) as colours: grey where it is 0, whatever its largest weight is."""
    scaled = 0.5 + 0.5 * kernel / max(float(np.abs(kernel).max()), 1e-9)
    return Image.fromarray((255 * scaled).astype(np.uint8))


def cut_out(picture: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """What of a box in pixels lies in the picture (height, width, 3); at least one pixel."""
    height, width = picture.shape[:2]
    left, top = (
        int(np.clip(round(edge), 0, side - 1))
        for edge, side in zip(box[:2], (width, height), strict=True)
    )
    return picture[top : max(round(box[3]), top + 1), left : max(round(box[2]), left + 1)]


def _tile(layer: Excited, rank: int, unit: int, pictures: Sequence[np.ndarray]) -> Image.Image:
    tile = Image.new("RGB", (TILE, TILE), EMPTY)
    if rank >= len(layer.values) or layer.values[rank, unit] <= 0:
        return tile
    patch = cut_out(pictures[layer.pictures[rank, unit]], layer.box(rank, unit))
    height, width = patch.shape[:2]
    zoom = TILE / max(height, width)
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    filter_ = Image.Resampling.NEAREST if zoom > 2 else Image.Resampling.BILINEAR
    tile.paste(
        Image.fromarray(patch).resize(size, filter_), ((TILE - size[0]) // 2, (TILE - size[1]) // 2)
    )
    return tile


def _spread(units: Sequence[int], count: int) -> list[int]:
    """At most `count` of the units, at even steps."""
    at = np.linspace(0, len(units) - 1, min(count, len(units))).astype(int)
    return [units[index] for index in at]


def _label(page: Image.Image, top: int, *lines: str) -> None:
    canvas = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        size = 13 if number == 0 else 11
        text = lettering.drawable(line)
        font = lettering.font(size)
        while font.getlength(text) > LABEL - GAP:
            text = f"{text[:-2]}…"
        canvas.text((GAP, top + 18 * number), text, fill=INK, font=font)
