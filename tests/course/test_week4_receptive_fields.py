"""Week 4: receptive-field arithmetic, and what real layers depend on."""

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.looking.arithmetic import Reach, table


def convolutions(count: int, n: int) -> keras.Sequential:
    """`count` convolutions of k = 3, p = 1, s = 2 over n pixels, all weights 1."""
    network = keras.Sequential([keras.Input((n, 1))])
    for _ in range(count):
        network.add(layers.ZeroPadding1D(1))
        network.add(layers.Conv1D(1, 3, 2, use_bias=False, kernel_initializer="ones"))
    return network


@pytest.mark.parametrize(
    ("count", "features", "reach"),
    [
        # (5 + 2 - 3) / 2 + 1; 1 + (3 - 1) * 1; 1 * 2; 0.5 + ((3 - 1) / 2 - 1) * 1
        (1, 3, Reach(field=3, jump=2, start=0.5)),
        # (3 + 2 - 3) / 2 + 1; 3 + (3 - 1) * 2; 2 * 2; 0.5 + ((3 - 1) / 2 - 1) * 2
        (2, 2, Reach(field=7, jump=4, start=0.5)),
    ],
)
def test_features_field_jump_and_start_of_the_notes_two_layers(count, features, reach) -> None:
    row = table(convolutions(count, 5))[-1]
    assert (row.shape, row.reach) == ((features, 1), reach)


def networks() -> list[keras.Sequential]:
    def of(*stack: keras.Layer) -> keras.Sequential:
        return keras.Sequential([keras.Input((41, 1)), *stack])

    ones = {"kernel_initializer": "ones", "use_bias": False}
    return [
        convolutions(1, 41),
        convolutions(2, 41),
        of(layers.Conv1D(1, 5, padding="same", **ones), layers.AveragePooling1D(2)),
        of(layers.Conv1D(1, 3, dilation_rate=3, **ones), layers.Conv1D(1, 3, 2, "same", **ones)),
        of(layers.Conv1D(1, 4, 3, "same", **ones), layers.AveragePooling1D(3, 1)),
    ]


@pytest.mark.parametrize("index", range(len(networks())))
def test_it_is_what_features_really_depend_on(index: int) -> None:
    network = networks()[index]
    reach = table(network)[-1].reach
    assert reach
    impulses = np.eye(41, dtype=np.float32)[..., None]
    depends = np.asarray(network(impulses))[..., 0].T  # (features, pixels)
    for place in (4, 5):  # in the middle, away from the borders
        pixels = np.flatnonzero(depends[place])
        assert pixels[-1] - pixels[0] + 1 == reach.field
        # A pixel's centre is half a pixel after its index.
        assert (pixels[0] + pixels[-1] + 1) / 2 == reach.start + place * reach.jump


def test_the_first_feature_is_centred_on_the_first_pixel() -> None:
    depends = np.asarray(convolutions(2, 29)(np.eye(29, dtype=np.float32)[..., None]))[..., 0].T
    # A radius of 3; the other half of the first lies in the padding.
    assert [np.flatnonzero(row).tolist() for row in depends[:2]] == [[0, 1, 2, 3], [*range(1, 8)]]
    assert table(convolutions(2, 29))[-1].reach == Reach(7, 4, 0.5)
