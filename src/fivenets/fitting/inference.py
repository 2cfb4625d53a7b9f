"""What a network answers to arrays, compiled and in batches; how networks are compiled here."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.errors import UserError

STRANGERS_FILE = "fivenets_strangers_file"  # an attribute of a network that somebody else made


def outputs(network: Any, inputs: np.ndarray, batch_size: int) -> np.ndarray:
    """(n, ...) outputs of `network` for at least one input (n, ...), `batch_size` at a time.

    network: a `keras.Model`, or what is asked like one (see `engine`).
    """
    (found,) = all_outputs(network, inputs, batch_size)
    return found


def mirrored_outputs(network: Any, images: np.ndarray, batch_size: int) -> np.ndarray:
    """The mean of `outputs` for images (n, height, width, channels) and for their mirror images."""
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    return (outputs(network, images, batch_size) + outputs(network, mirrored, batch_size)) / 2


def all_outputs(network: Any, inputs: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """`outputs` of a network that has any number of them, one array (n, ...) for each.

    Called as it is, Keras runs a network layer by layer from Python, which for one small picture
    takes several times as long as the arithmetic (`benchmarks/inference.py`).
    """
    if not network.compiled:
        network.compile(jit_compile=jit_compile())
    starts = range(0, len(inputs), batch_size)
    with answering(network):
        answers = [network.predict_on_batch(inputs[at : at + batch_size]) for at in starts]
    batches = [answer if isinstance(answer, list) else [answer] for answer in answers]
    found = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    check_finite(network, *found)
    return found


def check_finite(network: Any, *answers: np.ndarray) -> None:
    """Raises: UserError where a network has answered NaN or infinity: nothing is made of those."""
    if not all(np.isfinite(answer).all() for answer in answers):
        raise UserError(
            f"the network {network.name} answers with numbers that are not finite: its weights, or "
            "what it was asked, are damaged or too large"
        )


def mark(network: Any, file: Path) -> None:
    """Says of a network that it was rebuilt from a stranger's file: see `answering`."""
    setattr(network, STRANGERS_FILE, file)


@contextmanager
def answering(network: Any) -> Iterator[None]:
    """A block that asks a network, which may be a stranger's, and so fail in any way.

    Raises: UserError in place of any error of such a network; one of our own is left as it is.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # Keras and TensorFlow name no kinds
        file = getattr(network, STRANGERS_FILE, None)
        if file is None:
            raise
        why = str(error).split()[:40] or [type(error).__name__]
        sentence = f"{file} is not a usable .keras model: it cannot answer: {' '.join(why)[:300]}"
        raise UserError(sentence) from None


def jit_compile() -> str | bool:
    """What `Model.compile` should be told of XLA: off where it is slower, else Keras' own choice.

    With TensorFlow on a CPU it makes a convolution's step several times slower. JAX compiles by
    nothing else: told `False`, Keras would run it operation by operation.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return "auto"
    import tensorflow as tf

    return "auto" if tf.config.list_physical_devices("GPU") else False


def milliseconds(call: Callable[[], Any], repeats: int) -> float:
    """Median wall time of `call`, after one call that is not timed."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)
