"""What was located, drawn into pictures."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from fivenets.core import lettering
from fivenets.localisation.locator import Located

SIDE, ACROSS, GAP = 220, 4, 6  # pixels of a picture on a page; pictures in a row
LEGEND = 28  # pixels below them
FOUND, TRUE = (40, 220, 90), (235, 80, 60)


def drawn(image_rgb_uint8: np.ndarray, found: Sequence[Located], form: str) -> Image.Image:
    """A picture (height, width, 3) with the boxes or points that were found in it."""
    picture = Image.fromarray(image_rgb_uint8)
    for one in found:
        if form == "points" or one.is_there:
            _mark(picture, one.coordinates, form, FOUND)
            if form == "box":
                _name(picture, f"{one.label} {one.probability:.0%}", one.coordinates[0])
    return picture


def page(
    pictures: Sequence[np.ndarray],
    truth: Sequence[np.ndarray | None],
    found: Sequence[np.ndarray | None],
    form: str,
) -> Image.Image:
    """Pictures with what is true in red and what was found in green, above a legend that says so.

    Args: truth, found: (k, 2) fractions of the sides: a box' corners, or points; None for nothing.
    """
    rows = -(-len(pictures) // ACROSS)
    size = (min(ACROSS, len(pictures)) * (SIDE + GAP), rows * (SIDE + GAP))
    sheet = Image.new("RGB", (size[0], size[1] + LEGEND), "white")
    for index, (pixels, *places) in enumerate(zip(pictures, truth, found, strict=True)):
        picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        for coordinates, colour in zip(places, (TRUE, FOUND), strict=True):
            if coordinates is not None:
                _mark(picture, coordinates * SIDE, form, colour)
        sheet.paste(picture, (index % ACROSS * (SIDE + GAP), index // ACROSS * (SIDE + GAP)))
    _legend(sheet, size[1])
    return sheet


def _legend(sheet: Image.Image, top: int) -> None:
    """The two colours, each before what it stands for, in the lowest LEGEND pixels."""
    canvas, font, square = ImageDraw.Draw(sheet), lettering.font(LEGEND // 2), LEGEND // 2
    left, above = GAP, top + LEGEND // 4
    for colour, text in ((TRUE, "true"), (FOUND, "found")):
        canvas.rectangle((left, above, left + square, above + square), fill=colour)
        left += square + GAP
        canvas.text((left, above), text, fill="black", font=font)
        left += round(font.getlength(text)) + 3 * GAP


def _mark(
    picture: Image.Image, pixels_xy: np.ndarray, form: str, colour: tuple[int, int, int]
) -> None:
    canvas = ImageDraw.Draw(picture)
    if form == "box":
        corners = tuple(float(edge) for edge in pixels_xy.ravel())
        canvas.rectangle(corners, outline=colour, width=max(2, min(picture.size) // 150))
        return
    # A dot's size goes with the face's: it should not hide an eye.
    radius = max(1.0, float(np.ptp(pixels_xy, axis=0).max()) / 130)
    for x, y in pixels_xy:
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _name(picture: Image.Image, text: str, corner_xy: np.ndarray) -> None:
    size = max(12, min(picture.size) // 22)
    x, y = float(corner_xy[0]), max(0.0, float(corner_xy[1]) - 1.3 * size)
    canvas, font = ImageDraw.Draw(picture), lettering.font(size)
    shown = lettering.drawable(text)
    canvas.rectangle(canvas.textbbox((x, y), shown, font=font), fill=FOUND)
    canvas.text((x, y), shown, fill="black", font=font)
