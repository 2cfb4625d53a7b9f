"""What a network answers to arrays, compiled and in batches."""

import keras
import numpy as np

from fivenets.fitting.acceleration import jit_compile


def outputs(network: keras.Model, inputs: np.ndarray, batch_size: int) -> np.ndarray:
    """(n, ...) outputs of `network` for at least one input (n, ...), `batch_size` at a time.

    Called as it is, Keras runs a network layer by layer from Python, which for one small picture
    takes several times as long as the arithmetic (`benchmarks/inference.py`).
    """
    if not network.compiled:
        network.compile(jit_compile=jit_compile())
    starts = range(0, len(inputs), batch_size)
    return np.concatenate([network.predict_on_batch(inputs[at : at + batch_size]) for at in starts])
