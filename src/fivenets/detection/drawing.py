"""Detections drawn into pictures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from fivenets.core import lettering
from fivenets.detection.detector import Detection

PAGE_HEIGHT, PER_ROW = 360, 4


def draw(
    image_rgb_uint8: np.ndarray, found: Sequence[Detection], labels: Sequence[str]
) -> Image.Image:
    """The picture with a box, a name and a score for each object; best ones on top."""
    picture = Image.fromarray(image_rgb_uint8).copy()
    canvas = ImageDraw.Draw(picture)
    line = max(2, round(min(picture.size) / 200))
    font = lettering.font(max(10, round(min(picture.size) / 30)))
    for detection in reversed(found):
        colour = lettering.colour_of(labels.index(detection.label))
        corners = (detection.x1, detection.y1, detection.x2, detection.y2)
        canvas.rectangle(corners, outline=colour, width=line)
        text = f"{lettering.drawable(detection.label)} {detection.score:.2f}"
        left, top, right, bottom = canvas.textbbox((0, 0), text, font=font)
        height, width = bottom - top + 2 * line, right - left + 2 * line
        x = min(max(0.0, detection.x1), max(0, picture.width - width))
        y = detection.y1 - height if detection.y1 >= height else detection.y1
        canvas.rectangle((x, y, x + width, y + height), fill=colour)
        canvas.text((x + line - left, y + line - top), text, fill=_ink(colour), font=font)
    return picture


def page(
    pictures: Sequence[np.ndarray], found: Sequence[Sequence[Detection]], labels: Sequence[str]
) -> Image.Image:
    """Pictures of any sizes, drawn at PAGE_HEIGHT pixels' height, four in a row."""
    scaled = []
    for picture, objects in zip(pictures, found, strict=True):
        # Enlarged before it is drawn on, so that names are as sharp on a small picture.
        height, width = picture.shape[:2]
        zoom = PAGE_HEIGHT / height
        large = Image.fromarray(picture).resize((round(width * zoom), PAGE_HEIGHT))
        larger = [
            replace(one, x1=one.x1 * zoom, y1=one.y1 * zoom, x2=one.x2 * zoom, y2=one.y2 * zoom)
            for one in objects
        ]
        scaled.append(draw(np.asarray(large), larger, labels))
    rows = [scaled[at : at + PER_ROW] for at in range(0, len(scaled), PER_ROW)]
    width = max(sum(one.width for one in row) for row in rows)
    sheet = Image.new("RGB", (width, PAGE_HEIGHT * len(rows)), "white")
    for number, row in enumerate(rows):
        left = 0
        for one in row:
            sheet.paste(one, (left, number * PAGE_HEIGHT))
            left += one.width
    return sheet


def _ink(colour: tuple[int, int, int]) -> str:
    luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]  # ITU-R BT.601
    return "black" if luma > 140 else "white"
