"""The two networks: the course's to the letter, and a compact one within its budget."""

import keras
import numpy as np
import pytest

from fivenets.classification.architectures import build
from fivenets.core.errors import UserError


@pytest.mark.parametrize(
    ("architecture", "parameters"), [("assignment_cnn", 1_310), ("compact_cnn", 23_718)]
)
def test_parameters_at_64_pixels_and_6_classes(architecture: str, parameters: int) -> None:
    assert build(architecture, 64, 6).count_params() == parameters <= 30_000


def test_the_assignment_is_the_courses_network_layer_by_layer() -> None:
    network = build("assignment_cnn", 64, 6)
    assert [layer.output.shape[1:] for layer in network.layers] == [
        (64, 64, 3),  # to_unit_range
        (64, 64, 8),  # 8 filters of 4x4: 8 * (4 * 4 * 3 + 1) = 392 parameters
        (8, 8, 8),  # maximum over 8x8
        (8, 8, 16),  # 16 filters of 2x2: 16 * (2 * 2 * 8 + 1) = 528
        (2, 2, 16),  # maximum over 4x4
        (64,),
        (6,),  # 6 * (64 + 1) = 390
    ]
    assert [layer.count_params() for layer in network.layers] == [0, 392, 0, 528, 0, 0, 390]


@pytest.mark.parametrize("architecture", ["assignment_cnn", "compact_cnn"])
def test_networks_give_logits_of_float32_for_images_of_bytes(architecture: str) -> None:
    network = build(architecture, 32, 3)
    logits = keras.ops.convert_to_numpy(network(np.full((2, 32, 32, 3), 255, np.uint8)))
    assert (logits.shape, logits.dtype) == ((2, 3), np.float32)
    assert np.isfinite(logits).all()
    assert not np.allclose(logits.sum(axis=1), 1)


def test_the_assignment_sees_bytes_as_minus_one_to_one() -> None:
    scaled = build("assignment_cnn", 32, 3).get_layer("to_unit_range")(np.array([[0, 127.5, 255]]))
    assert keras.ops.convert_to_numpy(scaled).tolist() == [[-1, 0, 1]]


def test_a_dimmer_and_warmer_lamp_changes_nothing_for_the_compact_network() -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    lamp = np.array([0.9, 0.7, 0.4], np.float32)
    logits = [
        keras.ops.convert_to_numpy(network(lit))
        for network in [build("compact_cnn", 32, 3)]
        for lit in (images, images * lamp)
    ]
    np.testing.assert_allclose(*logits, atol=1e-4)


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"one of alexnet, .*resnet50, .*it is 'resnext'"):
        build("resnext", 64, 6)
