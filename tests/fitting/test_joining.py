"""What several threads ask at once is answered in one call, to each its own part."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fivenets.fitting import joining
from fivenets.fitting.joining import Joined


class Doubling:
    """Two outputs: twice the inputs, and their sums; the first call waits to be let go."""

    def __init__(self):
        self.begun, self.go_on, self.sizes = threading.Event(), threading.Event(), []

    def __call__(self, inputs):
        self.sizes.append(len(inputs))
        if len(self.sizes) == 1:
            self.begun.set()
            assert self.go_on.wait(10)
        if (inputs < 0).any():
            raise ValueError("below zero")
        return [2 * inputs, inputs.sum(axis=1)]


def asked(batches):
    """What `Doubling` gives to the first batch and, while that waits, to all of the others."""
    answer = Doubling()
    joined = Joined(answer)
    with ThreadPoolExecutor(len(batches)) as pool:
        futures = [pool.submit(joined, batches[0])]
        assert answer.begun.wait(10)
        for count, batch in enumerate(batches[1:], start=1):
            futures.append(pool.submit(joined, batch))
            while len(joined._waiting) < count:  # in the order of the list
                pass
        answer.go_on.set()
    return futures, answer.sizes


def batch(count, start=0, width=3):
    return np.arange(start, start + count * width, dtype=np.float32).reshape(count, width)


def test_all_that_wait_are_one_call_and_each_gets_its_own_rows():
    batches = [batch(1), batch(2, 10), batch(1, 50), batch(3, 100)]
    futures, sizes = asked(batches)
    assert sizes == [1, 6]
    for given, future in zip(batches, futures, strict=True):
        doubled, sums = future.result()
        np.testing.assert_array_equal(doubled, 2 * given)
        np.testing.assert_array_equal(sums, given.sum(axis=1))


def test_pictures_of_another_size_are_another_call():
    futures, sizes = asked([batch(1), batch(1), batch(2, width=5), batch(1)])
    assert sizes == [1, 1, 2, 1]
    assert futures[2].result()[0].shape == (2, 5)


def test_a_call_has_a_limit_which_a_single_batch_may_pass(monkeypatch):
    monkeypatch.setattr(joining, "MOST_NUMBERS", 9)
    _, sizes = asked([batch(1), batch(2), batch(1), batch(1), batch(4)])
    assert sizes == [1, 3, 1, 4]


def test_an_error_reaches_all_that_were_joined_and_no_others():
    answer = Doubling()
    futures, _ = asked([batch(1), batch(1), -batch(1) - 1])
    assert futures[0].exception() is None
    for future in futures[1:]:
        with pytest.raises(ValueError, match="below zero"):
            future.result()
    answer.go_on.set()
    joined = Joined(answer)
    with pytest.raises(ValueError, match="below zero"):
        joined(-batch(1) - 1)
    assert joined(batch(1))[1] == [3]
