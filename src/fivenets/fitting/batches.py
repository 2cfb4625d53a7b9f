"""Batches to train on: without end, and an epoch's by (seed, epoch) alone."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np


def whole_batches(count: int, batch_size: int) -> tuple[int, int]:
    """The size of a batch, which is `count` where there are fewer, and how many are in an epoch.

    An epoch's short last batch is dropped.
    """
    size = min(batch_size, count)
    return size, count // size


def epochs(seed: int, first: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Each epoch from the `first` on, without end, and the random numbers that are its own."""
    for epoch in itertools.count(first):
        yield epoch, np.random.default_rng([seed, epoch])


def assembled(
    seed: int,
    first_epoch: int,
    batch_size: int,
    order: Callable[[np.random.Generator], np.ndarray],
    example: Callable[[int, int, np.random.Generator], tuple[np.ndarray, ...]],
) -> Iterator[tuple[np.ndarray, ...]]:
    """Batches from an epoch on, each of its examples made for it.

    Args: order: the indices of an epoch's examples, as many in each. example: (index, step, rng)
        -> its arrays, of one shape within a step; steps are counted from the first epoch on.
    """
    for epoch, rng in epochs(seed, first_epoch):
        indices = order(rng)
        size, steps = whole_batches(len(indices), batch_size)
        for step, batch in enumerate(indices[: steps * size].reshape(steps, size), epoch * steps):
            examples = [example(index, step, rng) for index in batch]
            yield tuple(np.stack(arrays) for arrays in zip(*examples, strict=True))


def untuned(batches: Any) -> Any:
    """`batches`, as a data set that tf.data does not tune, where TensorFlow trains.

    Ending a tuned one may take a minute: TensorFlow 2.21 wakes the tuner before it says that the
    data set has ended, and a tuner that looks too early sleeps on.
    Args: batches: a tf.data.Dataset, or arrays as `endless` takes them.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = batches if isinstance(batches, tf.data.Dataset) else endless(batches)
    return dataset.with_options(options)


def with_example(batches: Any) -> tuple[tuple[Any, ...], Any]:
    """Arrays of the form of a batch, and the batches, which are those of `untuned`.

    A data set is not read for it: it might be shuffled otherwise when it is read again.
    """
    if isinstance(batches, Iterator):
        first = next(batches)
        return first, itertools.chain([first], batches)
    shapes = [[size or 1 for size in spec.shape] for spec in batches.element_spec]
    return tuple(map(np.zeros, shapes)), batches


def endless(batches: Iterator[tuple[np.ndarray, ...]]) -> Any:
    """A tf.data.Dataset of what an iterator without end gives.

    Sizes that are equal in its first two batches are so in all.
    """
    import tensorflow as tf

    def common(one: np.ndarray, other: np.ndarray) -> tf.TensorSpec:
        sizes = zip(one.shape, other.shape, strict=True)
        return tf.TensorSpec([a if a == b else None for a, b in sizes], one.dtype)

    first, second = itertools.islice(batches, 2)
    signature = tuple(map(common, first, second))
    return tf.data.Dataset.from_generator(
        lambda: itertools.chain([first, second], batches), output_signature=signature
    ).prefetch(2)
