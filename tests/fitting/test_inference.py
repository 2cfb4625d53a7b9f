"""Compiled batches answer what the network does."""

import keras
import numpy as np
import pytest
from keras import layers

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
