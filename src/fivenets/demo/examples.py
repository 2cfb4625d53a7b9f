"""Pictures to choose from: drawn ones of the package, and of what was fetched here the first."""

from pathlib import Path

DRAWN = Path(__file__).parents[1] / "runs" / "pyfunc"  # those that registered models carry
# By tab: the drawn picture, and where fetched ones lie below data/raw.
SOURCES = {
    "classify": ("example_sign.png", "signs/test_signs/*.jpg"),
    "detect": ("example_street.png", "darknet/data/*.jpg"),
    "verify": ("example_face.png", "lfw10/*/*_0001.jpg"),
    "identify": ("example_face.png", "lfw10/*/*_0002.jpg"),
    "stylize": ("example_street.png", "style_images/*.jpg"),
}
MOST = 6  # in one tab


def pictures(tab: str, raw: Path = Path("data", "raw")) -> list[Path]:
    """Files for a tab, fetched ones first as they are photographs, evenly from all there are."""
    drawn, pattern = SOURCES[tab]
    found = sorted(raw.glob(pattern))
    step = max(1, len(found) // MOST)
    return [*found[::step][:MOST], DRAWN / drawn]
