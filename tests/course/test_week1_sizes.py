"""Week 1, sizes: n, f, p, s and volumes, step by step, by the Darknet parser, layer by layer."""

import keras
import numpy as np
import pytest

from fivenets.classification.classics import lenet5
from fivenets.detection import darknet
from fivenets.looking.arithmetic import table
from fivenets.step_by_step import loops, strides
from fivenets.step_by_step.edges import HORIZONTAL, VERTICAL
from fivenets.step_by_step.sizes import output_side, same_padding


def darknet_side(n: int, f: int, p: int, s: int) -> int:
    text = (
        f"[net]\nheight={n}\nwidth={n}\n[convolutional]\nsize={f}\npadding={p}\nstride={s}\n"
        "filters=1\nactivation=linear\n"
    )
    return darknet.parse(text).layers[0].shape[0]


@pytest.mark.parametrize(
    ("n", "f", "p", "s", "expected"),
    [
        (6, 3, 0, 1, 4),  # 6 - 3 + 1
        (6, 3, 1, 1, 6),  # 6 + 2 - 3 + 1
        (7, 3, 0, 2, 3),  # (7 - 3) / 2 + 1
        (8, 3, 0, 2, 3),  # 5 / 2 is rounded down
        (39, 3, 0, 1, 37),
        (37, 5, 0, 2, 17),
        (17, 5, 0, 2, 7),
        (32, 5, 0, 1, 28),
    ],
)
def test_an_output_has_n_plus_2p_minus_f_over_s_plus_1(n, f, p, s, expected) -> None:
    assert darknet_side(n, f, p, s) == output_side(n, f, p, s) == expected
    z, _ = strides.conv_forward(
        np.zeros((1, n, n, 1)), np.zeros((f, f, 1, 1)), np.zeros(1), {"stride": s, "pad": p}
    )
    assert z.shape == (1, expected, expected, 1)


@pytest.mark.parametrize(("f", "p"), [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_same_pads_half_of_f_minus_1(f: int, p: int) -> None:
    assert same_padding(f) == p
    assert darknet_side(6, f, p, 1) == output_side(6, f, p) == 6


def test_an_image_is_as_many_inputs_as_it_has_pixels_times_channels() -> None:
    def inputs(side: int) -> int:
        (row,) = table(keras.Sequential([keras.Input((side, side, 3)), keras.layers.Flatten()]))
        return row.shape[0] or 0

    # The notes' "68 X 68 X 3" is a slip: their 12,288 are those of 64x64.
    assert (inputs(64), inputs(68), inputs(720)) == (12_288, 13_872, 1_555_200)


def test_a_filter_over_a_volume_sums_27_products() -> None:
    volume = np.arange(108.0).reshape(1, 6, 6, 3)
    given = (volume, np.ones((3, 3, 3, 1)), np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0})
    output, _ = loops.conv_forward(*given)
    assert output.shape == (1, 4, 4, 1)
    # Rows of the first 3x3x3 start at 0, 18 and 36: 9 each, from there on.
    expected = sum(range(9)) + sum(range(18, 27)) + sum(range(36, 45))
    assert output[0, 0, 0, 0] == expected
    assert loops.conv_single_step(volume[0, :3, :3], np.ones((3, 3, 3)), np.ones(1)) == expected + 1


def test_two_filters_make_two_channels() -> None:
    volume = np.zeros((1, 6, 6, 3))
    volume[:, :, :3] = 10  # bright on the left, in each channel
    kernels = np.stack([VERTICAL, HORIZONTAL], axis=-1)[:, :, None]
    kernels = np.broadcast_to(kernels, (3, 3, 3, 2))
    output, _ = loops.conv_forward(volume, kernels, np.zeros(2), {"stride": 1, "pad": 0})
    assert output.shape == (1, 4, 4, 2)
    # Three channels, each with the 30 of the flat example; no horizontal edge.
    assert output[0, 0].tolist() == [[0, 0], [90, 0], [90, 0], [0, 0]]


def test_ten_filters_of_3x3x3_have_280_parameters_at_any_size() -> None:
    for side in (6, 1000):
        image = keras.Input((side, side, 3))
        row = table(keras.Model(image, keras.layers.Conv2D(10, 3)(image)))[-1]
        assert row.parameters == (3 * 3 * 3 + 1) * 10 == 280


def test_six_filters_of_5x5_have_156_parameters_where_full_connection_has_14_million() -> None:
    # The first layer of LeNet-5; over the notes' 32x32x3 its outputs stay 28x28x6.
    first = next(row for row in table(lenet5((32, 32, 1), 10)) if row.name == "conv1")
    assert first.parameters == (5 * 5 + 1) * 6 == 156
    assert first.shape == (28, 28, 6)
    # Every output of a dense layer has as many weights as there are inputs.
    assert 32 * 32 * 3 * np.prod([side or 0 for side in first.shape]) == 3_072 * 4_704 == 14_450_688


def test_each_output_depends_on_as_few_inputs_as_its_filter_covers() -> None:
    given = (np.ones((5, 5, 1, 1)), np.zeros(1), {"stride": 1, "pad": 0})
    bright = np.ones((1, 32, 32, 1))
    dark = bright.copy()
    dark[0, 10:15, 10:15] = 0
    assert strides.conv_forward(bright, *given)[0][0, 10, 10, 0] == 25
    assert strides.conv_forward(dark, *given)[0][0, 10, 10, 0] == 0


def test_the_simple_network_ends_in_1960_numbers() -> None:
    network = keras.Sequential(
        [
            keras.Input((39, 39, 3)),
            keras.layers.Conv2D(10, 3),
            keras.layers.Conv2D(20, 5, strides=2),
            keras.layers.Conv2D(40, 5, strides=2),
            keras.layers.Flatten(),
        ]
    )
    assert [row.shape for row in table(network)] == [
        (37, 37, 10),
        (17, 17, 20),
        (7, 7, 40),
        (1960,),
    ]
