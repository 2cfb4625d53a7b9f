"""Trainings that are cut off, as a signal would."""

import gc
import warnings
from collections.abc import Callable
from typing import Any

import pytest


class Cut(BaseException):
    """What a training does not expect."""


def cut_off(last: int, train: Callable[[Callable[[int, Any], None]], Any]) -> list[int]:
    """Runs train(on_epoch_end) until epoch `last` ends, before that is backed up.

    Returns: the epochs that it has gone through.
    """
    epochs: list[int] = []

    def on_epoch_end(epoch: int, logs: Any) -> None:
        epochs.append(epoch)
        if epoch >= last:
            raise Cut

    with warnings.catch_warnings():
        # Keras' CSVLogger leaves its file open where an exception passes.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(Cut):
            train(on_epoch_end)
        gc.collect()
    return epochs
