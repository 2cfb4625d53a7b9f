"""Week 2: sizes and parameters of LeNet-5, AlexNet and VGG-16; what a residual block computes."""

import keras
import numpy as np
import pytest
from keras import layers

from fivenets.faces.dlib_resnet import dlib_resnet


def dense_parameters(inputs: int, units: int) -> int:
    """Those of a dense layer, from a layer of one unit: AlexNet's and VGG's would take 600 MB."""
    one = layers.Dense(1)
    one.build((None, inputs))
    return one.count_params() * units


def shapes(network: keras.Model) -> list[tuple[int, ...]]:
    return [layer.output.shape[1:] for layer in network.layers]


def test_lenet_5_has_60_thousand() -> None:
    network = keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    assert shapes(network) == [
        (28, 28, 6),
        (14, 14, 6),
        (10, 10, 16),
        (5, 5, 16),
        (400,),
        (120,),
        (84,),
        (10,),
    ]
    assert [layer.count_params() for layer in network.layers] == [
        (5 * 5 * 1 + 1) * 6,
        0,
        (5 * 5 * 6 + 1) * 16,
        0,
        0,
        (400 + 1) * 120,
        (120 + 1) * 84,
        (84 + 1) * 10,
    ]
    assert network.count_params() == 61_706


def test_alexnet_ends_in_9216_numbers_and_has_60_million() -> None:
    stack = keras.Sequential(
        [
            keras.Input((227, 227, 3)),
            layers.Conv2D(96, 11, strides=4),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(256, 5, padding="same"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(384, 3, padding="same"),
            layers.Conv2D(384, 3, padding="same"),
            layers.Conv2D(256, 3, padding="same"),
            layers.MaxPooling2D(3, strides=2),
            layers.Flatten(),
        ]
    )
    assert shapes(stack) == [
        (55, 55, 96),
        (27, 27, 96),
        (27, 27, 256),
        (13, 13, 256),
        (13, 13, 384),
        (13, 13, 384),
        (13, 13, 256),
        (6, 6, 256),
        (9216,),
    ]
    head = [(9216, 4096), (4096, 4096), (4096, 1000)]
    total = stack.count_params() + sum(dense_parameters(*sides) for sides in head)
    assert total == 62_378_344  # the notes' 60 million


@pytest.fixture(scope="module")
def vgg16() -> keras.Model:
    """Without its dense layers, which hold 124 of its 138 million parameters."""
    return keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))


def test_vgg_16_has_138_million(vgg16: keras.Model) -> None:
    head = [(7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)]
    total = vgg16.count_params() + sum(dense_parameters(*sides) for sides in head)
    assert total == 138_357_544
    weighted = [layer for layer in vgg16.layers if layer.weights]
    assert len(weighted) + len(head) == 16


def test_vgg_16_has_one_kind_of_convolution_and_one_of_pooling(vgg16: keras.Model) -> None:
    convolutions = [layer for layer in vgg16.layers if isinstance(layer, layers.Conv2D)]
    poolings = [layer for layer in vgg16.layers if isinstance(layer, layers.MaxPooling2D)]
    assert {(*layer.kernel_size, *layer.strides, layer.padding) for layer in convolutions} == {
        (3, 3, 1, 1, "same")
    }
    assert {(*layer.pool_size, *layer.strides) for layer in poolings} == {(2, 2, 2, 2)}
    assert [layer.output.shape[1:] for layer in poolings] == [
        (112, 112, 64),
        (56, 56, 128),
        (28, 28, 256),
        (14, 14, 512),
        (7, 7, 512),
    ]


def test_a_residual_block_of_zeros_gives_g_of_its_input() -> None:
    # a[l+2] = g(W a[l+1] + b + a[l]), which with W = b = 0 is g(a[l]).
    network = dlib_resnet()
    first = network.get_layer("conv32_1.conv1")
    block = keras.Model(first.input, network.get_layer("conv32_1.relu").output)
    activations = np.random.default_rng(0).normal(size=(1, 35, 35, 32)).astype(np.float32)
    assert not np.allclose(block(activations), np.maximum(activations, 0))
    last = network.get_layer("conv32_1.conv2")
    last.set_weights([np.zeros_like(weight) for weight in last.get_weights()])
    assert (np.asarray(block(activations)) == np.maximum(activations, 0)).all()
