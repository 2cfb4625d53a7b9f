"""What a model is fitted on, as tf.data has it."""

import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from fivenets.fitting.fit import endless, untuned


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pictures of two sizes that take turns, and their numbers."""
    for number in itertools.count():
        side = 4 + 2 * (number % 2)
        yield np.full((3, side, side, 1), number, np.uint8), np.full(3, number, np.int64)


def test_endless_gives_each_batch_once_in_order_and_with_its_size():
    dataset = endless(batches())
    assert [tuple(spec.shape) for spec in dataset.element_spec] == [(3, None, None, 1), (3,)]
    for given, expected in zip(dataset.take(5).as_numpy_iterator(), batches(), strict=False):
        for array, other in zip(given, expected, strict=True):
            np.testing.assert_array_equal(array, other, strict=True)


def test_neither_arrays_nor_a_data_set_is_tuned():
    dataset = tf.data.Dataset.range(5).batch(2).prefetch(tf.data.AUTOTUNE)
    assert [batch.tolist() for batch in untuned(dataset).as_numpy_iterator()] == [
        [0, 1],
        [2, 3],
        [4],
    ]
    assert not untuned(dataset).options().autotune.enabled
    assert not untuned(batches()).options().autotune.enabled
