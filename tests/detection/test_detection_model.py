"""The Keras model computes what Darknet computes, and gives its numbers back."""

from pathlib import Path

import keras
import numpy as np
import pytest
from darknet_networks import TINY, convolution, section, yolov2_cfg
from random_weights import random_weights

from fivenets.core.errors import UserError
from fivenets.detection import darknet, model, weights
from fivenets.detection.detector import Detector
from fivenets.detection.layers import (
    ChannelGroup,
    DarknetBatchNormalization,
    PaddedMaxPooling2D,
    Reorg,
    UnlikeAdd,
)
from fivenets.detection.shapes import ACTIVATIONS, Shape, steps_of


def outputs(text: str, pictures: np.ndarray, seed: int = 0) -> np.ndarray:
    network = darknet.parse(text)
    built = model.build(network)
    model.load(built, random_weights(network, seed)[1])
    return np.asarray(built(pictures))


def test_reorg_samples_the_planes_of_a_reinterpreted_picture() -> None:
    # 4 channels of 2x2 hold 0..15. Read as one plane of 4x4, its four samples of step 2 are
    # 0 2 8 10, 1 3 9 11, 4 6 12 14 and 5 7 13 15.
    planes = np.arange(16.0).reshape(1, 4, 2, 2).transpose(0, 2, 3, 1)
    expected = [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]
    assert np.asarray(Reorg(2)(planes)).ravel().tolist() == expected


def test_reorg_by_three_is_darknets_loop() -> None:
    # reorg_cpu of src/blas.c: each value of the output is read where the loop says.
    channels, height, width, stride = 18, 6, 9, 3
    given = np.random.default_rng(0).standard_normal(channels * height * width)
    expected = np.empty_like(given)
    of_plane = channels // stride**2
    for k, j, i in np.ndindex(channels, height, width):
        row = j * stride + k // of_plane // stride
        column = i * stride + k // of_plane % stride
        plane = k % of_plane
        source = column + width * stride * (row + height * stride * plane)
        expected[i + width * (j + height * k)] = given[source]
    picture = given.reshape(1, channels, height, width).transpose(0, 2, 3, 1)
    found = np.asarray(Reorg(3)(picture)).transpose(0, 3, 1, 2)
    assert found.shape == (1, channels * 9, height // 3, width // 3)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Reorg(3), (6, 9, 18)),
        (ChannelGroup(2, 1), (4, 5, 6)),
        (PaddedMaxPooling2D(3, 2, 2), (7, 8, 3)),
        (PaddedMaxPooling2D(2, 1, 1), (7, 8, 3)),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_layer_says_which_shape_it_gives(layer: keras.Layer, shape: tuple[int, int, int]) -> None:
    given = np.zeros((1, *shape), np.float32)
    assert layer.compute_output_shape((1, *shape)) == layer(given).shape
    anything = layer.compute_output_shape((None, None, None, shape[-1]))
    assert anything == (None, None, None, layer(given).shape[-1])


def test_reorg_is_not_space_to_depth() -> None:
    picture = np.random.default_rng(0).standard_normal((1, 8, 8, 8)).astype(np.float32)
    blocks = picture.reshape(1, 4, 2, 4, 2, 8).transpose(0, 1, 3, 2, 4, 5).reshape(1, 4, 4, 32)
    ours = np.asarray(Reorg(2)(picture))
    assert np.abs(ours - blocks).max() > 2
    assert np.sort(ours.ravel()).tolist() == np.sort(blocks.ravel()).tolist()


def test_batch_normalisation_adds_epsilon_outside_of_the_root() -> None:
    layer = DarknetBatchNormalization()
    assert layer.momentum == 0.9
    layer.build((None, 1, 1, 1))
    layer.set_weights([np.full(1, value, np.float32) for value in (2.0, 0.5, 1.0, 1e-12)])
    # (x - mean) / (sqrt(variance) + 1e-6) * scale + bias = 1 / 2e-6 * 2 + 0.5
    found = np.asarray(layer(np.full((1, 1, 1, 1), 2.0))).item()
    assert found == pytest.approx(1e6 + 0.5, rel=1e-6)


def test_padding_of_a_maxpool_never_wins() -> None:
    picture = -np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    kept = np.asarray(PaddedMaxPooling2D(2, 1, 1)(picture))[0, ..., 0]
    assert kept.tolist() == [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]
    assert PaddedMaxPooling2D(2, 1, 1).compute_output_shape((None, 13, 13, 4)) == (None, 13, 13, 4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_greater_half_of_a_maxpools_padding_is_behind(dtype: str) -> None:
    row = np.array([1, 5, 2, 4, 3], dtype)
    found = PaddedMaxPooling2D(2, 2, 3, dtype=dtype)(
        row.reshape(1, 1, 5, 1) * np.ones((1, 5, 1, 1))
    )
    # One pixel before, two behind: (-, 1), (5, 2), (4, 3) and nothing but padding.
    lowest = np.finfo(dtype).min
    assert np.asarray(found)[0, 1, :3, 0].tolist() == [1, 5, 4]
    assert np.asarray(found)[0, 1, 3, 0] <= 0.999 * lowest


def test_half_of_an_even_padding_is_before() -> None:
    row = np.array([1, 5, 2, 4], np.float32).reshape(1, 1, 4, 1) * np.ones((1, 4, 1, 1))
    found = np.asarray(PaddedMaxPooling2D(3, 3, 2)(row))
    assert found[0, 0, :, 0].tolist() == [5, 4]  # of (-, 1, 5) and (2, 4, -)


def test_activations_follow_darknets_formulas() -> None:
    x = np.array([-2.0, 0.5], np.float32)
    expected = {
        "linear": x,
        "leaky": [-0.2, 0.5],
        "relie": [-0.02, 0.5],
        "relu": [0, 0.5],
        "logistic": 1 / (1 + np.exp(-x)),
        "tanh": np.tanh(x),
        "elu": [np.exp(-2) - 1, 0.5],
        "relu6": [0, 0.5],
        "swish": x / (1 + np.exp(-x)),
        "mish": x * np.tanh(np.log(1 + np.exp(x))),
    }
    assert set(expected) == set(ACTIVATIONS)
    for activation, values in expected.items():
        text = section("net", width=2, height=1, channels=1)
        text += convolution(1, 1, batch_normalize=0, activation=activation)
        network = darknet.parse(text)
        built = model.build(network)
        one = np.ones((1, 1, 1, 1), np.float32)
        model.load(built, [weights.Convolution(np.zeros(1, np.float32), one)])
        found = np.asarray(built(x.reshape(1, 1, 2, 1))).ravel()
        assert found == pytest.approx(np.asarray(values), abs=1e-6), activation


def test_shortcut_route_average_dropout_softmax_and_cost() -> None:
    text = section("net", width=8, height=8, channels=3) + convolution(4)
    text += convolution(4) + section("shortcut", **{"from": -2, "activation": "leaky"})
    text += section("dropout", probability=0.5) + section("route", layers="-1,0")
    text += section("avgpool") + section("softmax") + section("cost")
    picture = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    found = outputs(text, picture)
    assert found.shape == (2, 1, 1, 8)
    assert found.sum(axis=(1, 2, 3)) == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("of", "added"),
    [
        ((4, 6, 5), (4, 6, 3)),
        ((4, 6, 3), (4, 6, 5)),
        ((4, 6, 5), (9, 13, 3)),
        ((9, 13, 3), (4, 6, 5)),
    ],
)
def test_layers_of_unlike_sizes_are_added_as_darknet_adds_them(of: Shape, added: Shape) -> None:
    generator = np.random.default_rng(0)
    x, other = (generator.random((2, *shape), np.float32) for shape in (of, added))
    expected = x.copy()
    stride, sample = max(1, added[1] // of[1]), max(1, of[1] // added[1])
    for row, column, channel in np.ndindex(*map(min, of, added)):
        at = (slice(None), row * sample, column * sample, channel)
        expected[at] += other[:, row * stride, column * stride, channel]
    assert np.array_equal(np.asarray(UnlikeAdd(*steps_of(of, added))([x, other])), expected)


def test_numbers_come_back_bit_by_bit_even_from_a_file(tmp_path) -> None:
    network = darknet.parse(TINY)
    header, numbers = random_weights(network, seed=3)
    built = model.build(network)
    model.load(built, numbers)
    built.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    found = weights.to_bytes(header, model.convolutions_of(loaded, network))
    assert found == weights.to_bytes(header, numbers)


def test_a_saved_network_that_is_not_its_cfgs_is_refused(write_pair, tmp_path: Path) -> None:
    detector, file = Detector.from_darknet(*write_pair(TINY)), tmp_path / "m.keras"
    picture = keras.Input((32, 64, 3))
    # Of a name of its own: one by number might be that of a layer that is looked for.
    other = keras.layers.Conv2D(16, 1, strides=8, name="other")
    detector.network = keras.Model(picture, other(picture))
    detector.save(file)
    with pytest.raises(UserError, match="No such layer: conv2d_1"):
        Detector.from_file(file)
    detector.cfg = darknet.parse(TINY.replace("width=64", "width=128"))
    detector.save(file)
    with pytest.raises(UserError, match="the network has shapes"):
        Detector.from_file(file)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.1)])
def test_folded_networks_answer_alike(dtype: str, tolerance: float) -> None:
    network = darknet.parse(yolov2_cfg(side=64, classes=3, width=8))
    numbers = random_weights(network, seed=1)[1]
    plain, fast = model.build(network), model.build(network, folded=True, dtype=dtype)
    model.load(plain, numbers)
    model.load(fast, [part.folded() for part in numbers])
    picture = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    assert fast.count_params() < plain.count_params()
    assert np.asarray(fast(picture)) == pytest.approx(np.asarray(plain(picture)), abs=tolerance)


def test_for_use_in_bfloat16_pixels_and_boxes_stay_in_float32() -> None:
    network = darknet.parse(yolov2_cfg(side=64, classes=3, width=8))
    built = model.build(network, folded=True, dtype="bfloat16")
    last = len(weights.convolutions(network))
    held = {index: built.get_layer(f"conv2d_{index}").kernel.dtype for index in range(1, last + 1)}
    exact = [index for index, dtype in held.items() if "bfloat16" not in str(dtype)]
    assert exact == [1, last]
    assert built.output.dtype == "float32"
