"""A function's value and gradient, compiled by whichever backend Keras runs on."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from fivenets.core.errors import UserError

# Of an image (1, height, width, 3): the loss, and named parts of it to be shown.
Loss = Callable[[Any], tuple[Any, dict[str, Any]]]
ValueAndGradient = Callable[[np.ndarray], tuple[float, dict[str, float], np.ndarray]]


def value_and_gradient(loss: Loss) -> ValueAndGradient:
    """`loss` as a function from an array to its value, its parts and its gradient, in NumPy.

    Raises: UserError for a backend other than tensorflow and jax.
    """
    compiled = {"tensorflow": _tensorflow, "jax": _jax}.get(keras.backend.backend())
    if compiled is None:
        raise UserError(
            f"KERAS_BACKEND should be tensorflow or jax for style transfer, it is "
            f"{keras.backend.backend()}"
        )
    step = compiled(loss)

    def evaluate(image: np.ndarray) -> tuple[float, dict[str, float], np.ndarray]:
        value, parts, gradient = step(np.asarray(image, np.float32))
        return float(value), {key: float(part) for key, part in parts.items()}, np.array(gradient)

    return evaluate


def _tensorflow(loss: Loss) -> Callable:
    import tensorflow as tf

    # XLA would make the convolutions several times slower on a CPU.
    @tf.function(jit_compile=False)
    def step(image: Any) -> tuple:
        with tf.GradientTape() as tape:
            tape.watch(image)
            value, parts = loss(image)
        return value, parts, tape.gradient(value, image)

    return lambda image: step(tf.constant(image))


def _jax(loss: Loss) -> Callable:
    import jax  # pyright: ignore[reportMissingImports]  # the other backend

    differentiated = jax.jit(jax.value_and_grad(loss, has_aux=True))

    def step(image: np.ndarray) -> tuple:
        (value, parts), gradient = differentiated(image)
        return value, parts, gradient

    return step
