"""How much memory a transfer will take, known before it starts."""

import psutil

from fivenets.core.errors import UserError
from fivenets.style.features import BLOCKS, FILTERS

# Fitted to what `python benchmarks/style_memory.py` measured at 400x300 and 640x480 pixels, and
# rounded up: 3 to 7% above it there, up to 30% at 256x192. Features are kept for the gradient, with
# their own gradients and the Gram matrices' float32 copies beside them for a while.
BYTES_PER_FEATURE = {"float32": 12.0, "bfloat16": 10.5}
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


def check(kind: str, height: int, width: int, precision: str) -> int:
    """The estimate in bytes.

    Raises: UserError where it is more than the memory that is free now; it says which size fits.
    """
    return _checked(estimate(kind, height, width, precision), height, width)


def estimate_fast(filters: int, height: int, width: int) -> int:
    """Bytes that a feed-forward network of so many first filters takes at its peak."""
    return FIXED + round(FAST_BYTES_PER_FILTER * filters * height * width)


def check_fast(filters: int, height: int, width: int) -> int:
    """As `check`, of a feed-forward network of so many first filters."""
    return _checked(estimate_fast(filters, height, width), height, width)


def _checked(needed: int, height: int, width: int) -> int:
    free = psutil.virtual_memory().available
    if needed > free:
        longest = max(height, width)
        fitting = int(longest * max(0.0, (free - FIXED) / (needed - FIXED)) ** 0.5) // 16 * 16
        raise UserError(
            f"{width}x{height} pixels need about {needed / 2**30:.1f} GiB of memory, "
            f"{free / 2**30:.1f} GiB are free: expected a size of at most {fitting}"
        )
    return needed
