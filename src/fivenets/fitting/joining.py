"""Calls from several threads at once -> one call for all that wait.

A network answers eight pictures together for little more than half the work of one by one
(`benchmarks/serving.py`), and a server asks about each in a thread of its own.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any

import numpy as np

# Numbers in one call: some 80 pictures of 64 pixels, but one of 608, which gains nothing.
MOST_NUMBERS = 2**20

Answer = Callable[[np.ndarray], list[np.ndarray]]


class Joined:
    """A function of batches (n, ...), called by one thread at a time with all that then waits."""

    def __init__(self, answer: Answer):
        """answer: (n, ...) -> one array (n, ...) for each output."""
        self._answer = answer
        self._waiting: deque[tuple[np.ndarray, Future]] = deque()
        self._turn = Lock()

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """What `answer` gives for these inputs; raises what it raises."""
        mine: Future[list[np.ndarray]] = Future()
        self._waiting.append((inputs, mine))
        while not mine.done():  # more than once where there was too much for one call
            with self._turn:
                if not mine.done():
                    self._answer_waiting()
        return mine.result()

    def _answer_waiting(self) -> None:
        taken = [self._waiting.popleft()]
        numbers = taken[0][0].size
        while self._waiting and self._waiting[0][0].shape[1:] == taken[0][0].shape[1:]:
            numbers += self._waiting[0][0].size
            if numbers > MOST_NUMBERS:
                break
            taken.append(self._waiting.popleft())
        batches = [inputs for inputs, _ in taken]
        callers = [caller for _, caller in taken]
        ends = np.cumsum([len(batch) for batch in batches])[:-1]
        try:
            found = self._answer(np.concatenate(batches))
            parts: Any = zip(*(np.split(array, ends) for array in found), strict=True)
            for caller, part in zip(callers, parts, strict=True):
                caller.set_result(list(part))
        except BaseException as error:
            for caller in callers:
                if not caller.done():
                    caller.set_exception(error)
            if not isinstance(error, Exception):  # as Ctrl-C, which is not the callers' alone
                raise
