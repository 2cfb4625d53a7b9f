"""Week 1, pooling: the 4x4 examples, sizes, and that there is nothing to learn."""

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.detection import darknet
from fivenets.detection.layers import PaddedMaxPooling2D
from fivenets.step_by_step import loops, strides
from fivenets.step_by_step.sizes import output_side

ROOMS = pytest.mark.parametrize("room", [loops, strides], ids=["loops", "strides"])
MAX_EXAMPLE = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]
AVERAGE_EXAMPLE = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 4, 2, 3], [5, 6, 1, 2]]


def pooled(room, image: list, mode: str) -> list:
    pixels = np.array(image, float)[None, ..., None]
    return room.pool_forward(pixels, {"f": 2, "stride": 2}, mode)[0][0, ..., 0].tolist()


@ROOMS
def test_the_greatest_of_each_2x2(room) -> None:
    assert pooled(room, MAX_EXAMPLE, "max") == [[9, 2], [6, 3]]


def test_a_detectors_pooling_does_the_same_with_nothing_to_learn() -> None:
    layer = PaddedMaxPooling2D(2, 2, padding=0)
    output = layer(np.array(MAX_EXAMPLE, np.float32)[None, ..., None])
    assert np.asarray(output)[0, ..., 0].tolist() == [[9, 2], [6, 3]]
    assert layer.count_params() == 0


@ROOMS
def test_the_mean_of_each_2x2(room) -> None:
    # (1 + 3 + 2 + 9) / 4, (2 + 1 + 1 + 1) / 4, (1 + 4 + 5 + 6) / 4, (2 + 3 + 1 + 2) / 4
    assert pooled(room, AVERAGE_EXAMPLE, "average") == [[3.75, 1.25], [4, 2]]


@ROOMS
def test_the_mean_of_all_of_7x7x1000_is_1x1x1000(room) -> None:
    channels = np.broadcast_to(np.arange(1000, dtype=float), (1, 7, 7, 1000))
    output, _ = room.pool_forward(channels, {"f": 7, "stride": 1}, "average")
    assert output.shape == (1, 1, 1, 1000)
    assert output[0, 0, 0] == pytest.approx(np.arange(1000))


def test_a_gradient_goes_to_the_greatest_or_to_all_in_equal_parts() -> None:
    window = np.array([[1.0, 3.0], [4.0, 2.0]])
    assert loops.create_mask_from_window(window).tolist() == [[False, False], [True, False]]
    assert loops.distribute_value(2, (2, 2)).tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("n", "f", "s", "expected"),
    [
        (4, 2, 2, 2),
        (28, 2, 2, 14),
        (5, 3, 2, 2),  # (5 - 3) / 2 + 1
        (6, 3, 2, 2),  # 3 / 2 is rounded down
        (55, 3, 2, 27),
    ],
)
def test_an_output_has_n_minus_f_over_s_plus_1_and_every_channel(n, f, s, expected) -> None:
    cfg = f"[net]\nheight={n}\nwidth={n}\n[maxpool]\nsize={f}\nstride={s}\npadding=0\n"
    pooled, _ = strides.pool_forward(np.zeros((1, n, n, 3)), {"f": f, "stride": s})
    assert pooled.shape == (1, expected, expected, 3)
    assert output_side(n, f, stride=s) == expected
    assert darknet.parse(cfg).layers[0].shape == (expected, expected, 3)


def test_pooling_larger_than_its_input_is_refused() -> None:
    with pytest.raises(UserError, match="does not fit"):
        loops.pool_forward(np.zeros((1, 2, 2, 1)), {"f": 3, "stride": 1})
