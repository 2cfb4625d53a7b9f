"""What a model is fitted on."""

import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from fivenets.fitting.batches import assembled, endless, untuned, whole_batches


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


def test_an_epochs_examples_depend_on_seed_and_epoch_alone():
    def drawn(seed: int, first_epoch: int, batches: int) -> list[tuple[np.ndarray, ...]]:
        def example(index: int, step: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
            return np.array([index, step]), rng.random(2)

        def order(rng: np.random.Generator) -> np.ndarray:
            return rng.permutation(7)

        return list(itertools.islice(assembled(seed, first_epoch, 3, order, example), batches))

    whole, later = drawn(0, 0, 6), drawn(0, 2, 2)
    assert len({tuple(row) for batch, _ in whole[:2] for row in batch[:, :1]}) == 6, "one is left"
    assert [batch[0, 1] for batch, _ in whole] == list(range(6))
    for one, other in zip(whole[4:], later, strict=True):
        assert all(map(np.array_equal, one, other))
    assert not np.array_equal(drawn(1, 2, 1)[0][1], later[0][1])
    assert (whole_batches(7, 3), whole_batches(2, 3)) == ((3, 2), (2, 1))
