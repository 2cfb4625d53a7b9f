"""How much memory a transfer will take, known before it starts."""

from collections.abc import Sequence

from fivenets.core import free_memory
from fivenets.core.errors import UserError
from fivenets.style.settings import BLOCKS, FILTERS

# Fitted to what `python benchmarks/style_memory.py` measured at 400x300 and 640x480 pixels, and
# rounded up: 3 to 7% above it there, up to 30% at 256x192. Features are kept for the gradient, with
# their own gradients and the Gram matrices' float32 copies beside them for a while.
BYTES_PER_FEATURE = {"float32": 12.0, "bfloat16": 10.5}
# Of a style picture, which needs no gradient: one pass, with the Gram matrices' float32 copies.
BYTES_PER_STYLE_FEATURE = 6.5
# And pixel, of a network that paints in one pass; by the same command, at 400 to 1600 pixels.
FAST_BYTES_PER_FILTER = 125.0
FIXED = 100 * 1024**2  # compiled functions and the like


def features_of(kind: str, height: int, width: int) -> int:
    """How many features a picture has, in all convolutions of a network."""
    return sum(
        convolutions * filters * (height >> block) * (width >> block)
        for block, (convolutions, filters) in enumerate(zip(BLOCKS[kind], FILTERS, strict=True))
    )


def estimate(kind: str, height: int, width: int, precision: str) -> int:
    """Bytes that a transfer at this size takes at its peak, beyond those in use before it."""
    return FIXED + round(features_of(kind, height, width) * BYTES_PER_FEATURE[precision])


def estimate_style(kind: str, height: int, width: int) -> int:
    """Bytes that it takes to see the style of a picture of this size."""
    return FIXED + round(features_of(kind, height, width) * BYTES_PER_STYLE_FEATURE)


def check(
    kind: str,
    height: int,
    width: int,
    precision: str,
    styles: Sequence[tuple[int, int]] = (),
    style_scale: float = 1.0,
) -> int:
    """The estimate in bytes, of a transfer of this size with styles of those heights and widths.

    Raises: UserError where it is more than the memory that is free now; it says which size fits,
        or, where the content alone would, which style_scale.
    """
    needed, free = estimate(kind, height, width, precision), free_memory.free()
    if needed <= free:
        for style in styles:  # one after the other
            needed_here = estimate_style(kind, *style)
            if needed_here > free:
                fitting = int(100 * style_scale * _share(needed_here, free)) / 100
                raise _too_large(
                    needed_here, free, *style, f"a style_scale of at most {fitting:g}", "styles at "
                )
            needed = max(needed, needed_here)
    return _checked(needed, free, height, width)


def estimate_fast(filters: int, height: int, width: int) -> int:
    """Bytes that a feed-forward network of so many first filters takes at its peak."""
    return FIXED + round(FAST_BYTES_PER_FILTER * filters * height * width)


def check_fast(filters: int, height: int, width: int) -> int:
    """As `check`, of a feed-forward network of so many first filters."""
    return _checked(estimate_fast(filters, height, width), free_memory.free(), height, width)


def _checked(needed: int, free: int, height: int, width: int) -> int:
    if needed > free:
        fitting = int(max(height, width) * _share(needed, free)) // 16 * 16
        raise _too_large(needed, free, height, width, f"a size of at most {fitting}")
    return needed


def _share(needed: int, free: int) -> float:
    """The part of each side that fits."""
    return max(0.0, (free - FIXED) / (needed - FIXED)) ** 0.5


def _too_large(
    needed: int, free: int, height: int, width: int, fitting: str, what: str = ""
) -> UserError:
    return UserError(
        f"{what}{width}x{height} pixels need about {needed / 2**30:.1f} GiB of memory, "
        f"{free / 2**30:.1f} GiB are free: expected {fitting}"
    )
