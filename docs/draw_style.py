"""Paints docs/style.jpg, four photographs in the style of paintings: `python docs/draw_style.py`.

By the settings of `style-transfer` in params.yaml, a minute each on 2 quiet cores. All may be
passed on: photographs of scikit-learn (CC BY 2.0), drive.ai (CC BY 4.0) and Darknet (public
domain), and paintings in the public domain.
"""

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from fivenets.core import images, params
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.style import sources, transfer
from fivenets.style.objective import Style
from fivenets.style.settings import JobPlan

RAW = Path("data/raw")
PAIRS = (
    ("sklearn_photographs", "china.jpg", "starry_night_google"),
    ("course_street", "test.jpg", "the_scream"),
    ("sklearn_photographs", "flower.jpg", "composition_vii"),
    ("darknet", "data/horses.jpg", "wave"),
)
WIDTH, HEIGHT, ASIDE, MARGIN = 400, 266, 145, 6  # pixels; aside: of what a picture is made of


def main() -> None:
    plan = params.settings(JobPlan, "style-transfer", "convert")
    network, _ = sources.network(plan.features, plan.pooling, "auto", RAW)
    page = Image.new("RGB", tuple(2 * side for side in (WIDTH + ASIDE, HEIGHT)), "white")
    corners = itertools.product((0, HEIGHT), (0, WIDTH + ASIDE))
    for (asset, file, name), (top, left) in zip(PAIRS, corners, strict=True):
        found = fetch(ASSETS[asset], RAW, "real")
        assert found is not None
        content = images.read_image(found.folder / file)
        style = sources.picture(name, "style", "real", RAW).image
        painted = transfer.transfer(network, content, [Style(style)], plan.jobs[0].settings)
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
    main()
