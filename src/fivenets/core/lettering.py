"""Names drawn into pictures and figures, in the letters of whichever language they are in, and the
colour of each.

DejaVu Sans, which matplotlib ships, has Latin, Greek, Cyrillic and others; what it lacks is drawn
as code points, so that two names stay two, and said.
"""

import colorsys
import logging
import unicodedata
from functools import cache
from pathlib import Path

from PIL import ImageFont

log = logging.getLogger(__name__)

# Of the colour wheel, between neighbouring classes; every five are darker: no two look alike.
GOLDEN_RATIO, SHADES = 0.618, (0.95, 0.65, 0.4)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, `size` pixels high."""
    return ImageFont.truetype(str(_file()), size)


@cache
def drawable(text: str) -> str:
    """`text` in letters that the font has: another one becomes U+ and its number."""
    composed = unicodedata.normalize("NFC", text)  # é is two letters in names from a Mac
    missing = [letter for letter in dict.fromkeys(composed) if ord(letter) not in _letters()]
    if missing:
        numbered = ", ".join(f"{letter} ({_number(letter)})" for letter in missing)
        log.warning("%s: DejaVu Sans has no %s: drawn by number", text, numbered)
    return "".join(_number(letter) if letter in missing else letter for letter in composed)


def in_figure(text: str) -> str:
    """`drawable`, with dollars that matplotlib takes for dollars and not for formulas."""
    return drawable(text).replace("$", r"\$")


def colour_of(label: int) -> tuple[int, int, int]:
    """A colour for each class, by its number, RGB 0..255."""
    red, green, blue = colorsys.hsv_to_rgb(
        label * GOLDEN_RATIO % 1, 0.9, SHADES[label // 5 % len(SHADES)]
    )
    return round(255 * red), round(255 * green), round(255 * blue)


def _number(letter: str) -> str:
    return f"U+{ord(letter):04X}"


@cache
def _letters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_file())).get_charmap())


def _file() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
