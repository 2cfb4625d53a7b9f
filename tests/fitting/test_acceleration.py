"""A network as it is trained fast computes what Keras' own layers do."""

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.fitting.acceleration import FusedAdamW, FusedBatchNormalization, training_copy

IMAGES = np.random.default_rng(0).normal(size=(16, 8, 8, 4)).astype(np.float32)
LABELS = np.arange(16) % 3


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 4))
    x = layers.Conv2D(8, 3)(image)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(image, layers.Dense(3, dtype="float32")(x))


def trained(model: keras.Model, optimizer: keras.Optimizer | None = None) -> list[float]:
    model.compile(
        optimizer or keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    fitted = model.fit(IMAGES, LABELS, batch_size=8, epochs=3, shuffle=False, verbose=0)
    return fitted.history["loss"]


def test_fused_normalisation_trains_the_same_weights_and_statistics(network) -> None:
    copy = training_copy(network, "float32")
    assert isinstance(copy.get_layer("norm"), FusedBatchNormalization)
    assert trained(copy) == pytest.approx(trained(network), abs=1e-5)
    for ours, kerass in zip(copy.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, kerass, atol=1e-5)


def test_bfloat16_is_near_and_its_logits_are_float32(network) -> None:
    copy = training_copy(network, "mixed_bfloat16")
    assert [layer.compute_dtype for layer in copy.layers][1:] == ["bfloat16"] * 4 + ["float32"]
    assert trained(copy) == pytest.approx(trained(network), abs=2e-3)


def test_a_frozen_layer_keeps_its_statistics(network) -> None:
    copy = training_copy(network, "float32")
    copy.get_layer("norm").trainable = False
    before = copy.get_layer("norm").get_weights()
    trained(copy)
    for ours, kept in zip(copy.get_layer("norm").get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, kept)


def test_fused_adamw_takes_the_steps_of_adamw() -> None:
    def dense() -> keras.Model:
        keras.utils.set_random_seed(0)
        head = [layers.Flatten(), layers.Dense(8, "relu"), layers.Dense(3)]
        return keras.Sequential([keras.Input((8, 8, 4)), *head])

    networks = dense(), dense()
    losses = [
        trained(network, optimizer(0.01, weight_decay=0.1))
        for network, optimizer in zip(networks, (FusedAdamW, keras.optimizers.AdamW), strict=True)
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    for ours, kerass in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_allclose(ours, kerass, atol=1e-5)
