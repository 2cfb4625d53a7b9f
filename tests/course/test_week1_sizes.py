"""Week 1, sizes: n, f, p, s and volumes, by Keras' layers and by this project's Darknet parser."""

import keras
import numpy as np
import pytest

from fivenets.detection import darknet


def darknet_side(n: int, f: int, p: int, s: int) -> int:
    text = (
        f"[net]\nheight={n}\nwidth={n}\n[convolutional]\nsize={f}\npadding={p}\nstride={s}\n"
        "filters=1\nactivation=linear\n"
    )
    return darknet.parse(text).layers[0].shape[0]


def keras_side(n: int, f: int, p: int, s: int) -> int:
    padded = keras.layers.ZeroPadding2D(p).compute_output_shape((None, n, n, 3))
    return keras.layers.Conv2D(1, f, s).compute_output_shape(padded)[1]


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
    assert darknet_side(n, f, p, s) == keras_side(n, f, p, s) == expected


@pytest.mark.parametrize(("f", "p"), [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_same_pads_half_of_f_minus_1(f: int, p: int) -> None:
    same = keras.layers.Conv2D(1, f, padding="same").compute_output_shape((None, 6, 6, 3))[1]
    assert darknet_side(6, f, p, 1) == keras_side(6, f, p, 1) == same == 6


def test_an_image_is_as_many_inputs_as_it_has_pixels_times_channels() -> None:
    def inputs(side: int) -> int:
        return keras.layers.Flatten().compute_output_shape((None, side, side, 3))[1]

    # The notes' "68 X 68 X 3" is a slip: their 12,288 are those of 64x64.
    assert (inputs(64), inputs(68), inputs(720)) == (12_288, 13_872, 1_555_200)


def test_a_filter_over_a_volume_sums_27_products() -> None:
    volume = np.arange(108, dtype=np.float32).reshape(1, 6, 6, 3)
    one = keras.layers.Conv2D(1, 3, use_bias=False, kernel_initializer="ones")
    output = keras.ops.convert_to_numpy(one(volume))
    assert one.count_params() == 27
    assert output.shape == (1, 4, 4, 1)
    # Rows of the first 3x3x3 start at 0, 18 and 36: 9 each, from there on.
    assert output[0, 0, 0, 0] == sum(range(9)) + sum(range(18, 27)) + sum(range(36, 45))


def test_two_filters_make_two_channels() -> None:
    volume = np.zeros((1, 6, 6, 3), np.float32)
    volume[:, :, :3] = 10  # bright on the left, in each channel
    two = keras.layers.Conv2D(2, 3, use_bias=False)
    two.build(volume.shape)
    vertical = np.array([[1, 0, -1]] * 3)
    kernels = np.stack([vertical, vertical.T], axis=-1)[:, :, None]
    two.set_weights([np.broadcast_to(kernels, (3, 3, 3, 2))])
    output = keras.ops.convert_to_numpy(two(volume))[0]
    assert output.shape == (4, 4, 2)
    # Three channels, each with the 30 of the flat example; no horizontal edge.
    assert output[0].tolist() == [[0, 0], [90, 0], [90, 0], [0, 0]]


def test_ten_filters_of_3x3x3_have_280_parameters_at_any_size() -> None:
    for side in (6, 1000):
        layer = keras.layers.Conv2D(10, 3)
        layer.build((None, side, side, 3))
        assert layer.count_params() == (3 * 3 * 3 + 1) * 10 == 280


def test_six_filters_of_5x5_have_156_parameters_where_full_connection_has_14_million() -> None:
    layer = keras.layers.Conv2D(6, 5)
    layer.build((None, 32, 32, 1))
    assert layer.count_params() == (5 * 5 + 1) * 6 == 156
    outputs = np.prod(keras.layers.Conv2D(6, 5).compute_output_shape((1, 32, 32, 3)))
    # Every output of a dense layer has as many weights as one.
    each = keras.layers.Dense(1, use_bias=False)
    each.build((None, 32 * 32 * 3))
    assert each.count_params() * outputs == 3_072 * 4_704 == 14_450_688


def test_each_output_depends_on_as_few_inputs_as_its_filter_covers() -> None:
    layer = keras.layers.Conv2D(1, 5, use_bias=False, kernel_initializer="ones")
    bright = np.ones((1, 32, 32, 1), np.float32)
    dark = bright.copy()
    dark[0, 10:15, 10:15] = 0
    assert np.asarray(layer(bright))[0, 10, 10, 0] == 25
    assert np.asarray(layer(dark))[0, 10, 10, 0] == 0


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
    assert [layer.output.shape[1:] for layer in network.layers] == [
        (37, 37, 10),
        (17, 17, 20),
        (7, 7, 40),
        (1960,),
    ]
