"""Draws docs/style.jpg, photographs in the style of paintings beside what they were made of.

    python pipelines/studies/style.py paint 320 FOLDER
    python docs/draw_style.py FOLDER

Those of the study's pictures in SHOWN that are there; what it says of passing them on holds here.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from fivenets.core import images

sys.path.append("pipelines/studies")
import style as study  # pyright: ignore[reportMissingImports]

SHOWN = (
    "china-starry_night_google",
    "street-the_scream",
    "china-wave",
    "flower-starry_night_google",
)
WIDTH, HEIGHT, ASIDE, MARGIN = 320, 213, 116, 6  # pixels; aside: of what a picture is made of


def main(folder: Path) -> None:
    known = study.pairs()
    shown = [pair for pair in SHOWN if (folder / f"{pair}.png").exists()]
    page = Image.new("RGB", (2 * (WIDTH + ASIDE), -(-len(shown) // 2) * HEIGHT), "white")
    corners = itertools.product(range(0, page.height, HEIGHT), (0, WIDTH + ASIDE))
    for (top, left), pair in zip(corners, shown, strict=False):
        content, style = known[pair]
        painted = images.read_image(folder / f"{pair}.png")
        half = HEIGHT // 2
        for picture, box in (
            (painted, (left, top, WIDTH - MARGIN, HEIGHT - MARGIN)),
            (content, (left + WIDTH, top, ASIDE - MARGIN, half - MARGIN)),
            (style, (left + WIDTH, top + half, ASIDE - MARGIN, half - MARGIN)),
        ):
            page.paste(_filling(picture, *box[2:]), box[:2])
    page.save("docs/style.jpg", quality=88)


def _filling(image_rgb_uint8: np.ndarray, width: int, height: int) -> Image.Image:
    """The middle of a picture, as large as it goes."""
    picture = Image.fromarray(image_rgb_uint8)
    share = min(picture.width / width, picture.height / height)
    across, down = width * share / 2, height * share / 2
    x, y = picture.width / 2, picture.height / 2
    box = (x - across, y - down, x + across, y + down)
    return picture.resize((width, height), Image.Resampling.LANCZOS, box=box)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
