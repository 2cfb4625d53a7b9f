"""Week 4: receptive-field arithmetic, measured in real layers."""

import keras
import numpy as np
import pytest


def convolutions(count: int, n: int) -> keras.Sequential:
    """`count` convolutions of k = 3, p = 1, s = 2 over n pixels, all weights 1."""
    network = keras.Sequential([keras.Input((n, 1))])
    for _ in range(count):
        network.add(keras.layers.ZeroPadding1D(1))
        network.add(keras.layers.Conv1D(1, 3, 2, use_bias=False, kernel_initializer="ones"))
    return network


def seen_by(network: keras.Sequential) -> list[np.ndarray]:
    """The input pixels that each output feature depends on."""
    impulses = np.eye(network.input_shape[1], dtype=np.float32)[..., None]
    outputs = np.asarray(network(impulses))[..., 0]
    return [np.flatnonzero(column) for column in outputs.T]


@pytest.mark.parametrize(
    ("layers", "features", "field", "jump"),
    [
        (1, 3, 3, 2),  # (5 + 2 - 3) / 2 + 1; 1 + (3 - 1) * 1; 1 * 2
        (2, 2, 7, 4),  # (3 + 2 - 3) / 2 + 1; 3 + (3 - 1) * 2; 2 * 2
    ],
)
def test_features_field_and_jump_of_the_notes_two_layers(layers, features, field, jump) -> None:
    assert convolutions(layers, 5).output_shape == (None, features, 1)
    # Over 29 pixels, so that fields in the middle do not meet the borders.
    fields = seen_by(convolutions(layers, 29))
    inner = fields[2:-2]
    assert {len(pixels) for pixels in inner} == {field}
    assert set(np.diff([pixels.mean() for pixels in inner])) == {jump}


@pytest.mark.parametrize(("layers", "radius", "jump"), [(1, 1, 2), (2, 3, 4)])
def test_the_first_feature_is_centred_on_the_first_pixel(layers, radius, jump) -> None:
    # start = 0.5 + ((3 - 1) / 2 - 1) * j = 0.5 for both layers: the middle of the first pixel.
    first, second = seen_by(convolutions(layers, 29))[:2]
    assert first.tolist() == list(range(radius + 1))  # the other half lies in the padding
    assert second.tolist() == list(range(jump - radius, jump + radius + 1))
