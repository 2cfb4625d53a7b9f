"""Compiled batches answer what the network does."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import fivenets
from fivenets.fitting import inference


@pytest.fixture
def network() -> keras.Model:
    """Twice the input, where it is used as it should be; in training it would drop nearly all."""
    return keras.Sequential([keras.Input((2,)), layers.Dropout(0.99), layers.Rescaling(2)])


@pytest.mark.parametrize("count", [1, 4, 7, 8], ids=["less", "one batch", "and a rest", "two"])
def test_outputs_keep_their_order_whatever_the_batches(network: keras.Model, count: int) -> None:
    inputs = np.arange(2 * count, dtype=np.uint8).reshape(count, 2)
    found = inference.outputs(network, inputs, batch_size=4)
    assert found.dtype == np.float32
    assert found.tolist() == (2 * inputs).tolist()


def test_a_network_in_training_stays_compiled_as_it_is(network: keras.Model) -> None:
    network.compile(optimizer="sgd", loss="mse", jit_compile=False)
    inference.outputs(network, np.zeros((1, 2)), batch_size=4)
    assert isinstance(network.optimizer, keras.optimizers.SGD)
    assert network.loss == "mse"


@pytest.mark.parametrize(
    ("backend", "devices", "expected"),
    [
        ("tensorflow", [], False),  # a CPU
        ("tensorflow", ["GPU:0"], "auto"),
        ("jax", [], "auto"),
        ("torch", [], "auto"),
    ],
)
def test_xla_is_off_only_with_tensorflow_on_a_cpu(
    backend: str, devices: list, expected: object, monkeypatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: devices)
    assert inference.jit_compile() == expected


def test_nobody_else_decides() -> None:
    files = Path(fivenets.__file__).parent.rglob("*.py")
    texts = {file.name: file.read_text() for file in files}
    # A tf.function, which no other backend sees.
    assert [name for name, text in texts.items() if "jit_compile=False" in text] == [
        "differentiation.py"
    ]
