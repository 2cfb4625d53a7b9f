"""Week 4: convolutions of signals and volumes."""

import numpy as np
import pytest

from fivenets.classification.any_dimensions import classifier, convolutions
from fivenets.drawn.beats import beats
from fivenets.drawn.volumes import volumes
from fivenets.step_by_step import strides

STEP = {"stride": 1, "pad": 0}


@pytest.mark.parametrize(("dimensions", "channels"), [(1, 1), (2, 3), (3, 1)])
def test_14_becomes_10x16_and_then_6x32(dimensions: int, channels: int) -> None:
    given = np.zeros((1, *(14,) * dimensions, channels))
    # A filter covers 5 in each direction and all channels: 5x5x5x16 in the second of three.
    kernels = np.zeros((*(5,) * dimensions, channels, 16)), np.zeros((*(5,) * dimensions, 16, 32))
    first, _ = strides.conv_forward(given, kernels[0], np.zeros(16), STEP)
    second, _ = strides.conv_forward(first, kernels[1], np.zeros(32), STEP)
    assert first.shape == (1, *(10,) * dimensions, 16)
    assert second.shape == (1, *(6,) * dimensions, 32)


@pytest.mark.parametrize(
    ("shape", "filters_parameters"),
    [
        # Filters of 5 over one channel, and of 5 over 16: each with a bias.
        ((14, 1), [16 * (5 + 1), 32 * (5 * 16 + 1)]),
        ((14, 14, 3), [16 * (25 * 3 + 1), 32 * (25 * 16 + 1)]),
        ((14, 14, 14, 1), [16 * (125 + 1), 32 * (125 * 16 + 1)]),
    ],
)
def test_one_builder_makes_networks_of_any_dimensions(shape, filters_parameters) -> None:
    network = convolutions(shape, [16, 32], kernel=5)
    sides = len(shape) - 1
    assert [layer.output.shape[1:] for layer in network.layers] == [
        (*(10,) * sides, 16),
        (*(6,) * sides, 32),
    ]
    assert [layer.count_params() for layer in network.layers] == filters_parameters


@pytest.mark.parametrize("draw", [beats, volumes])
def test_drawn_signals_and_volumes_are_classified(draw) -> None:
    inputs, labels = draw(20, seed=0)
    again, _ = draw(20, seed=0)
    assert np.array_equal(inputs, again)
    assert len(set(labels.tolist())) > 2
    network = classifier(inputs.shape[1:], 5, [4, 8], kernel=3)
    assert network.predict_on_batch(inputs).shape == (20, 5)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 4, 4, 1)])
def test_of_other_dimensions_there_is_none(shape) -> None:
    with pytest.raises(ValueError, match="1 to 3 sides"):
        convolutions(shape, [4], kernel=3)


def test_a_signal_is_convolved_step_by_step() -> None:
    signal = np.array([1.0, 20, 15, 3, 18]).reshape(1, 5, 1)
    kernel = np.array([1.0, 0, -1]).reshape(3, 1, 1)
    output, _ = strides.conv_forward(signal, kernel, np.zeros(1), STEP)
    assert output.ravel().tolist() == [1 - 15, 20 - 3, 15 - 18]


def test_a_volume_is_convolved_in_all_three_directions() -> None:
    volume = np.arange(27.0).reshape(1, 3, 3, 3, 1)
    output, _ = strides.conv_forward(volume, np.ones((2, 2, 2, 1, 1)), np.zeros(1), STEP)
    assert output.shape == (1, 2, 2, 2, 1)
    # 0, 1, 3, 4 of the first slice and 9, 10, 12, 13 of the next; one step adds 8 times its stride.
    first, *others = (
        output[0, *place, 0] for place in ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0))
    )
    assert first == 52
    assert others == [52 + 8, 52 + 24, 52 + 72]


@pytest.mark.parametrize("dimensions", [1, 3])
def test_gradients_of_signals_and_volumes_are_numerical_ones(dimensions: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, *(5,) * dimensions, 2))
    kernel, bias = rng.normal(size=(*(2,) * dimensions, 2, 3)), rng.normal(size=3)
    z, cache = strides.conv_forward(x, kernel, bias, {"stride": 2, "pad": 1})
    by_z = rng.normal(size=z.shape)
    for index, gradient in enumerate(strides.conv_backward(by_z, cache)):
        values = [x, kernel, bias]
        direction = rng.normal(size=values[index].shape)
        losses = []
        for sign in (1, -1):
            moved = [*values]
            moved[index] = values[index] + sign * 1e-5 * direction
            z, _ = strides.conv_forward(moved[0], moved[1], moved[2], {"stride": 2, "pad": 1})
            losses.append(float((z * by_z).sum()))
        slope = (losses[0] - losses[1]) / 2e-5
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-7)
