"""Pictures of a training are of a few of its epochs, and change nothing in it."""

import keras
import numpy as np
import pytest

from fivenets.fitting.shown import ACROSS, GAP, TILE, Asked, Shown, filters


def network(size: int = 4, count: int = 20) -> keras.Model:
    layers = [keras.layers.Conv2D(count, size), keras.layers.Dropout(0.5), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((8, 8, 3)), *layers])


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [(1, [0]), (3, [0, 1, 2]), (200, [0, 49, 99, 149, 199])],
)
def test_at_most_five_epochs_are_shown_the_first_and_the_last_among_them(epochs, shown) -> None:
    seen = []
    callback = Shown(
        lambda picture, name, epoch: seen.append((name, epoch, picture.shape)),
        network(),
        lambda asked: {"picture": np.zeros((1, 2, 3), np.uint8)},
        epochs,
    )
    for epoch in range(epochs):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert seen == [("picture", epoch, (1, 2, 3)) for epoch in shown]
    callback.on_epoch_end(0, {"loss": float("nan")})  # which ends the training
    assert len(seen) == len(shown)


def test_a_fit_that_is_a_part_of_a_training_counts_its_epochs() -> None:
    seen = []
    callback = Shown(
        lambda picture, name, epoch: seen.append(epoch),
        network(),
        lambda asked: {"picture": np.zeros((1, 1, 3), np.uint8)},
        6,
        4,
    )
    for epoch in range(2):
        callback.on_epoch_end(epoch, {})
    assert seen == [5]


def test_a_filter_is_grey_where_it_is_nothing_and_coloured_by_its_sign() -> None:
    one = network()
    kernel = np.zeros((4, 4, 3, 20), np.float32)
    kernel[0, 0, 0, 0], kernel[3, 3, 2, 0] = 2.0, -2.0
    one.layers[0].set_weights([kernel, np.zeros(20)])
    sheet = filters(Asked(one))["first layer"]
    assert sheet.shape == (2 * (TILE + GAP), ACROSS * (TILE + GAP), 3)
    assert sheet[0, 0].tolist() == [255, 127, 127]
    assert sheet[TILE - 1, TILE - 1].tolist() == [127, 127, 0]
    assert sheet[TILE // 2, TILE // 2].tolist() == [127] * 3
    assert sheet[TILE, 0].tolist() == [255] * 3  # between two


def test_what_is_frozen_or_no_filter_of_colours_is_not_shown() -> None:
    frozen = network()
    frozen.trainable = False
    dense = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    assert filters(Asked(frozen)) == filters(Asked(network(1))) == filters(Asked(dense)) == {}


def test_a_network_is_asked_without_compiling_it_or_drawing_random_numbers() -> None:
    keras.utils.set_random_seed(0)
    one = network()
    before = [np.array(values) for values in one.get_weights()]
    seed, drawn = np.array(one.layers[1].seed_generator.state), np.random.RandomState()
    drawn.set_state(np.random.get_state())
    answers = [Asked(one).predict_on_batch(np.ones((2, 8, 8, 3), np.uint8)) for _ in range(2)]
    assert np.array_equal(*answers)  # nothing is dropped
    assert not one.compiled
    assert all(map(np.array_equal, before, one.get_weights()))
    assert np.array_equal(seed, np.array(one.layers[1].seed_generator.state))
    assert np.random.random() == drawn.random_sample()
