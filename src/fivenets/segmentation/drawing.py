"""Classes of pixels drawn over pictures, with a legend."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from fivenets.core import lettering
from fivenets.drawn.canvas import VOID
from fivenets.segmentation.segmenter import Segmentation

STRENGTH = 0.55  # of a class' colour over the picture
LEAST_SHARE = 0.0005  # of the pixels; less is not in the legend
PAGE_HEIGHT = 200  # pixels of each picture on a page
GAP = 4


def coloured(image_rgb_uint8: np.ndarray, mask: np.ndarray) -> Image.Image:
    """The picture (h, w, 3) with each pixel's class laid over it; what is VOID stays as it is."""
    picture = Image.fromarray(image_rgb_uint8)
    laid = Image.blend(picture, as_palette(mask).convert("RGB"), STRENGTH)
    laid.paste(picture, mask=Image.fromarray((mask == VOID).astype(np.uint8) * 255))
    return laid


def as_palette(mask: np.ndarray) -> Image.Image:
    """The mask (h, w) as a picture whose values are class numbers, each shown in its colour."""
    picture = Image.fromarray(mask).convert("L")
    picture.putpalette([part for label in range(256) for part in lettering.colour_of(label)])
    return picture


def drawn(image_rgb_uint8: np.ndarray, found: Segmentation) -> Image.Image:
    """`coloured`, and below it a legend of the classes that it shows, with the share of each."""
    picture = coloured(image_rgb_uint8, found.mask)
    entries = {
        f"{label} {share:.1%}": found.labels.index(label)
        for label, share in found.shares.items()
        if share >= LEAST_SHARE
    }
    size = min(28, max(11, round(min(picture.size) / 25)))
    return _stacked(picture, legend(entries, picture.width, size))


def page(rows: Sequence[Sequence[Image.Image]], heading: str, labels: Sequence[str]) -> Image.Image:
    """Rows of pictures, all brought to one height, above the heading and the classes' colours."""
    shown = [[one.resize(_on_page(one), Image.Resampling.BILINEAR) for one in row] for row in rows]
    width = max(sum(one.width + GAP for one in row) for row in shown)
    sheet = Image.new("RGB", (width, (PAGE_HEIGHT + GAP) * len(rows)), "white")
    for number, row in enumerate(shown):
        left = 0
        for one in row:
            sheet.paste(one, (left, number * (PAGE_HEIGHT + GAP)))
            left += one.width + GAP
    names = {label: index for index, label in enumerate(labels)}
    return _stacked(sheet, legend({heading: None} | names, width, 14))


def _on_page(picture: Image.Image) -> tuple[int, int]:
    return round(picture.width * PAGE_HEIGHT / picture.height), PAGE_HEIGHT


def legend(entries: Mapping[str, int | None], width: int, size: int) -> Image.Image:
    """Names, each after a square in the colour of its class, in lines of about `width` pixels."""
    font = lettering.font(size)
    placed, x, y, widest = [], GAP, GAP, width
    for text, label in entries.items():
        shown = lettering.drawable(text)
        square = 0 if label is None else size + GAP
        long = square + round(font.getlength(shown)) + 3 * GAP
        if x > GAP and x + long > width:
            x, y = GAP, y + size + 2 * GAP
        placed.append((shown, label, x, y))
        x, widest = x + long, max(widest, x + long)
    picture = Image.new("RGB", (widest, y + size + 2 * GAP), "white")
    canvas = ImageDraw.Draw(picture)
    for shown, label, x, y in placed:
        if label is not None:
            canvas.rectangle((x, y, x + size, y + size), fill=lettering.colour_of(label))
            x += size + GAP
        canvas.text((x, y), shown, fill="black", font=font)
    return picture


def _stacked(above: Image.Image, below: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (max(above.width, below.width), above.height + below.height), "white")
    sheet.paste(above, (0, 0))
    sheet.paste(below, (0, above.height))
    return sheet
