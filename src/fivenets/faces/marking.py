"""Faces marked in a picture: which were found, which is meant, and who they are."""

from collections.abc import Sequence
from operator import itemgetter

from PIL import Image, ImageDraw

from fivenets.core import lettering
from fivenets.faces.face import Found

MEANT, OTHER = (20, 150, 60), (150, 150, 150)  # colours


def mark(found: Found, labels: Sequence[str], meant: Sequence[bool]) -> Image.Image:
    """The picture with a square and a label at each face, in colour at those that are meant."""
    picture = Image.fromarray(found.picture).copy()
    canvas = ImageDraw.Draw(picture)
    line = max(2, round(min(picture.size) / 200))
    font = lettering.font(max(10, round(min(picture.size) / 30)))
    # Those that are meant come last, and lie on top.
    for is_meant, face, label in sorted(
        zip(meant, found.faces, labels, strict=True), key=itemgetter(0)
    ):
        left, top, right, bottom = face.box
        colour = MEANT if is_meant else OTHER
        canvas.rectangle((left, top, right, bottom), outline=colour, width=line)
        text = lettering.drawable(label)
        box = canvas.textbbox((0, 0), text, font=font)
        width, height = box[2] - box[0] + 2 * line, box[3] - box[1] + 2 * line
        x = min(max(0.0, left), max(0, picture.width - width))
        y = min(max(0.0, bottom), max(0, picture.height - height))
        if text:
            canvas.rectangle((x, y, x + width, y + height), fill=colour)
            canvas.text((x + line - box[0], y + line - box[1]), text, fill="white", font=font)
    return picture
