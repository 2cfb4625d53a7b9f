"""How large what a filter gives is."""

from fivenets.core.errors import UserError


def output_side(n: int, f: int, pad: int = 0, stride: int = 1) -> int:
    """floor((n + 2 * pad - f) / stride) + 1: how often a filter fits along a side.

    Args: n: of the input, f: of the filter, pad: zeros on either side, all in pixels.
    Raises: UserError where it does not fit once, or the numbers make no sense.
    """
    if n < 1 or f < 1 or pad < 0 or stride < 1:
        raise UserError(
            f"a side, a filter and a stride are at least 1, a padding 0: received n {n}, f {f}, "
            f"pad {pad}, stride {stride}"
        )
    if f > n + 2 * pad:
        raise UserError(f"a filter of {f} does not fit into {n} pixels padded by {pad}")
    return (n + 2 * pad - f) // stride + 1


def same_padding(f: int) -> int:
    """(f - 1) / 2: the zeros on either side that keep a side as it is, at a stride of 1.

    Raises: UserError for an even filter, which would need half a pixel.
    """
    if f % 2 == 0:
        raise UserError(f"only an odd filter can be padded evenly, {f} is even")
    return (f - 1) // 2
