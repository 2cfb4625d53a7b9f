"""Week 2: sizes and parameters of LeNet-5, AlexNet and VGG-16; what a residual block computes."""

import keras
import numpy as np
import pytest

from fivenets.classification.classics import alexnet, lenet5, vgg16
from fivenets.faces.dlib_resnet import dlib_resnet
from fivenets.looking.arithmetic import Row, table


def rows(builder, side: int, channels: int, classes: int) -> list[Row]:
    """The layers of a network that has shapes and no numbers: VGG-16's would take 550 MB."""
    with keras.StatelessScope(initialize_variables=False):
        network = builder((side, side, channels), classes)
    return [row for row in table(network) if row.name != "to_unit_range"]


def test_lenet_5_has_60_thousand() -> None:
    layers = rows(lenet5, 32, 1, 10)
    assert [row.shape for row in layers] == [
        (28, 28, 6),
        (14, 14, 6),
        (10, 10, 16),
        (5, 5, 16),
        (400,),
        (120,),
        (84,),
        (10,),
    ]
    assert [row.parameters for row in layers] == [
        (5 * 5 * 1 + 1) * 6,
        0,
        (5 * 5 * 6 + 1) * 16,
        0,
        0,
        (400 + 1) * 120,
        (120 + 1) * 84,
        (84 + 1) * 10,
    ]
    assert sum(row.parameters for row in layers) == 61_706


def test_alexnet_ends_in_9216_numbers_and_has_60_million() -> None:
    layers = rows(alexnet, 227, 3, 1000)
    assert [row.shape for row in layers] == [
        (55, 55, 96),
        (27, 27, 96),
        (27, 27, 256),
        (13, 13, 256),
        (13, 13, 384),
        (13, 13, 384),
        (13, 13, 256),
        (6, 6, 256),
        (9216,),
        (4096,),
        (4096,),
        (1000,),
    ]
    assert sum(row.parameters for row in layers) == 62_378_344  # the notes' 60 million


@pytest.fixture(scope="module")
def vgg() -> keras.Model:
    with keras.StatelessScope(initialize_variables=False):
        return vgg16((224, 224, 3), 1000)


def test_vgg_16_has_138_million(vgg: keras.Model) -> None:
    layers = table(vgg)
    assert sum(row.parameters for row in layers) == 138_357_544
    assert sum(row.parameters > 0 for row in layers) == 16


def test_vgg_16_has_one_kind_of_convolution_and_one_of_pooling(vgg: keras.Model) -> None:
    convolutions = [layer for layer in vgg.layers if isinstance(layer, keras.layers.Conv2D)]
    poolings = [layer for layer in vgg.layers if isinstance(layer, keras.layers.MaxPooling2D)]
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
