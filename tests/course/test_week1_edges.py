"""Week 1, edges: the 6x6 and 7x7 examples, value by value, through the loops and the strides."""

import numpy as np
import pytest
from scipy import signal

from fivenets.step_by_step import loops, strides
from fivenets.step_by_step.edges import HORIZONTAL, SCHARR, SOBEL, VERTICAL

DIGITS = [
    [3, 0, 1, 2, 7, 4],
    [1, 5, 8, 9, 3, 1],
    [2, 7, 2, 5, 1, 3],
    [0, 1, 3, 1, 7, 8],
    [4, 2, 1, 6, 2, 8],
    [2, 4, 5, 2, 3, 9],
]
BRIGHT_LEFT = [[10, 10, 10, 0, 0, 0]] * 6
BRIGHT_RIGHT = [[0, 0, 0, 10, 10, 10]] * 6
CHEQUERED = [[10, 10, 10, 0, 0, 0]] * 3 + [[0, 0, 0, 10, 10, 10]] * 3


def convolved(image, kernel, stride: int = 1, pad: int = 0) -> list:
    """What one filter, without bias, makes of a grey image."""
    pixels = np.array(image, float)[None, ..., None]
    given = (pixels, np.array(kernel, float)[..., None, None], np.zeros((1, 1, 1, 1)))
    by_room = [
        room.conv_forward(*given, {"stride": stride, "pad": pad})[0][0, ..., 0].tolist()
        for room in (loops, strides)
    ]
    assert by_room[0] == by_room[1]
    return by_room[0]


def test_the_6x6_image_and_the_vertical_filter() -> None:
    # The first: 3*1 + 1*1 + 2*1 + 0 + 0 + 0 + 1*-1 + 8*-1 + 2*-1 = -5.
    assert convolved(DIGITS, VERTICAL) == [
        [-5, -4, 0, 8],
        [-10, -2, 2, 3],
        [0, -2, -4, -7],
        [-3, -2, -3, -16],
    ]


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        (BRIGHT_LEFT, VERTICAL, [[0, 30, 30, 0]] * 4),
        (BRIGHT_RIGHT, VERTICAL, [[0, -30, -30, 0]] * 4),
        # Each column of an edge is 10 * (1 + 2 + 1) and 10 * (3 + 10 + 3).
        (BRIGHT_LEFT, SOBEL, [[0, 40, 40, 0]] * 4),
        (BRIGHT_LEFT, SCHARR, [[0, 160, 160, 0]] * 4),
        (
            CHEQUERED,
            HORIZONTAL,
            [[0, 0, 0, 0], [30, 10, -10, -30], [30, 10, -10, -30], [0, 0, 0, 0]],
        ),
        # Bright above dark is a horizontal edge: the vertical filter sees none.
        (np.transpose(BRIGHT_LEFT).tolist(), HORIZONTAL, np.transpose([[0, 30, 30, 0]] * 4)),
        (np.transpose(BRIGHT_LEFT).tolist(), VERTICAL, [[0, 0, 0, 0]] * 4),
    ],
)
def test_edges_are_found_by_the_filter_of_their_direction(image, kernel, expected) -> None:
    assert convolved(image, kernel) == np.asarray(expected).tolist()


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        # Left column minus right, its middle twice: 3 + 2*1 + 2 - (1 + 2*8 + 2) = -12.
        (SOBEL, -12),
        # 3*3 + 10*1 + 3*2 - (3*1 + 10*8 + 3*2) = -64.
        (SCHARR, -64),
    ],
)
def test_sobel_and_scharr_weigh_the_middle_row_more(kernel: np.ndarray, expected: int) -> None:
    assert convolved(DIGITS, kernel)[0][0] == expected


def test_the_7x7_image_at_stride_2() -> None:
    image = [
        [2, 3, 7, 4, 6, 2, 9],
        [6, 6, 9, 8, 7, 4, 3],
        [3, 4, 8, 3, 8, 9, 7],
        [7, 8, 3, 6, 6, 3, 4],
        [4, 2, 1, 8, 3, 4, 6],
        [3, 2, 4, 1, 9, 8, 3],
        [0, 1, 3, 9, 2, 1, 4],
    ]
    kernel = [[3, 4, 4], [1, 0, 2], [-1, 0, 3]]
    # Two of the notes' nine are slips, 83 and 127. By hand, the upper right one is
    # 3*6 + 4*2 + 4*9 + 7 + 2*3 - 8 + 3*7 = 88, and the one below it
    # 3*8 + 4*9 + 4*7 + 6 + 2*4 - 3 + 3*6 = 117.
    assert convolved(image, kernel, stride=2) == [[91, 100, 88], [69, 91, 117], [44, 72, 74]]


def test_a_layer_cross_correlates_and_the_textbook_flips_the_filter_first() -> None:
    image = [
        [2, 3, 7, 4, 6, 2],
        [6, 6, 9, 8, 7, 4],
        [3, 4, 8, 3, 8, 9],
        [7, 8, 3, 6, 6, 3],
        [4, 2, 1, 8, 3, 4],
        [3, 2, 4, 1, 9, 8],
    ]
    kernel = [[3, 4, 5], [1, 0, 2], [-1, 9, 7]]
    # Along both axes. (The notes show this one's transpose.)
    flipped = [[7, 9, -1], [2, 0, 1], [5, 4, 3]]
    assert convolved(image, kernel) == signal.correlate2d(image, kernel, "valid").tolist()
    assert convolved(image, flipped) == signal.convolve2d(image, kernel, "valid").tolist()
    assert convolved(image, kernel) != convolved(image, flipped)


def test_flipping_makes_convolution_associative() -> None:
    other = np.array([[3, 4, 5], [1, 0, 2], [-1, 9, 7]])

    def flipped(image, kernel) -> list:
        """The textbook's convolution, over all places where the two overlap."""
        return convolved(image, np.flip(kernel), pad=len(kernel) - 1)

    stepwise = flipped(flipped(DIGITS, VERTICAL), other)
    assert stepwise == flipped(DIGITS, flipped(VERTICAL, other))
    assert stepwise == signal.convolve2d(signal.convolve2d(DIGITS, VERTICAL), other).tolist()
    stepwise = convolved(convolved(DIGITS, VERTICAL, pad=2), other, pad=2)
    assert stepwise != convolved(DIGITS, convolved(VERTICAL, other, pad=2), pad=4)


def test_a_corner_is_used_once_and_an_inner_pixel_nine_times() -> None:
    def uses(row: int, column: int) -> float:
        pixel = np.zeros((6, 6))
        pixel[row, column] = 1
        return np.sum(convolved(pixel.tolist(), np.ones((3, 3)).tolist()))

    assert (uses(0, 0), uses(0, 2), uses(2, 2)) == (1, 3, 9)


def test_padding_keeps_the_size_and_the_inside() -> None:
    # "Same" pads (f - 1) / 2 = 1 zero on each side: 8x8 in, 6x6 out.
    same = np.array(convolved(DIGITS, VERTICAL, pad=1))
    assert same.shape == (6, 6)
    assert same[1:-1, 1:-1].tolist() == convolved(DIGITS, VERTICAL)
    assert same.tolist() == convolved(np.pad(DIGITS, 1), VERTICAL)
    # At the corner, 0 and 5 on the right count negative: -(0 + 5).
    assert same[0, 0] == -5
