"""ResNet-50 is the course's, block by block that of keras.applications, and says what it needs."""

import keras
import numpy as np
import pytest

from fivenets.classification.architectures import build
from fivenets.classification.resnet import EPSILON, convolution_block, identity_block, resnet50
from fivenets.core.errors import UserError


@pytest.fixture(scope="module")
def course() -> keras.Model:
    return resnet50((64, 64, 3), 6)


@pytest.fixture(scope="module")
def reference() -> keras.Model:
    """keras.applications' network for 64x64, random in every weight and statistic."""
    keras.utils.set_random_seed(0)
    network = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(64, 64, 3))
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            layer.set_weights([rng.uniform(0.5, 1.5, size) for _ in range(4)])
    return network


def given_same_weights(model: keras.Model, reference: keras.Model) -> keras.Model:
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(reference.get_layer(layer.name).get_weights())
    return model


def test_parameters_at_64_pixels_and_6_classes(course: keras.Model) -> None:
    trainable = sum(int(np.prod(weight.shape)) for weight in course.trainable_weights)
    assert course.count_params() == 23_600_006
    assert (trainable, course.count_params() - trainable) == (23_546_886, 53_120)


def test_a_plain_network_has_no_shortcuts(course: keras.Model) -> None:
    plain = resnet50((64, 64, 3), 6, residual=False)
    # Without the four strided 1x1 convolutions, each with a bias and a normalisation of 4 values.
    pairs = ((64, 256), (256, 512), (512, 1024), (1024, 2048))
    shortcuts = sum(into * out + out + 4 * out for into, out in pairs)
    assert plain.count_params() == 23_600_006 - shortcuts
    assert not any(isinstance(layer, keras.layers.Add) for layer in plain.layers)
    depth = [
        sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
        for model in (course, plain)
    ]
    assert depth == [53, 49]  # 49 and the dense layer make 50


def test_the_stages_are_of_the_courses_shapes(course: keras.Model) -> None:
    names = ("conv1_conv", "pool1_pool", *(f"conv{stage}_block1_out" for stage in range(2, 6)))
    assert [course.get_layer(name).output.shape[1:] for name in names] == [
        (32, 32, 64),
        (15, 15, 64),
        (15, 15, 256),
        (8, 8, 512),
        (4, 4, 1024),
        (2, 2, 2048),
    ]


@pytest.mark.parametrize("block", ["conv2_block2", "conv3_block1", "conv5_block1"])
def test_a_block_is_that_of_keras_applications(block: str, reference: keras.Model) -> None:
    is_convolution = block.endswith("1")
    start = reference.get_layer(f"{block}_1_conv").input
    into = keras.Input(start.shape[1:])
    width = reference.get_layer(f"{block}_1_conv").filters
    filters, stride = (width, width, 4 * width), 2
    out = (
        convolution_block(into, filters, stride, block)
        if is_convolution
        else identity_block(into, filters, block)
    )
    model = given_same_weights(keras.Model(into, out), reference)
    theirs = keras.Model(start, reference.get_layer(f"{block}_out").output)
    x = np.random.default_rng(1).normal(size=(2, *start.shape[1:])).astype(np.float32)
    np.testing.assert_allclose(model(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_the_whole_network_is_that_of_keras_applications_on_the_pixels_it_expects(
    reference: keras.Model,
) -> None:
    ours = given_same_weights_as_applications(reference)
    images = np.random.default_rng(2).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    expected = reference(keras.applications.resnet50.preprocess_input(images.copy()))
    features = keras.Model(ours.input, ours.get_layer("conv5_block3_out").output)
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(features(images), expected, atol=1e-5 * scale)


def given_same_weights_as_applications(reference: keras.Model) -> keras.Model:
    network = resnet50((64, 64, 3), 6, weights="imagenet")
    for layer in network.layers:
        if layer.weights and layer.name != "logits":
            values = reference.get_layer(layer.name).get_weights()
            if layer.name == "conv1_conv":
                values[0] = values[0][:, :, ::-1]  # theirs reads BGR
            layer.set_weights(values)
    return network


def test_epsilon_is_that_of_keras_applications(reference: keras.Model) -> None:
    assert reference.get_layer("conv2_block1_1_bn").epsilon == EPSILON


def test_a_block_may_start_as_its_shortcut() -> None:
    into = keras.Input((4, 4, 8))
    block = keras.Model(into, identity_block(into, (2, 2, 8), "block", gamma="zeros"))
    x = np.random.default_rng(0).uniform(0, 1, (2, 4, 4, 8)).astype(np.float32)
    np.testing.assert_array_equal(block(x), x)


@pytest.mark.parametrize(
    ("size", "network", "sentence"),
    [
        (31, {}, "takes pictures of at least 32 pixels a side: image_size is 31"),
        (64, {"weights": "coco"}, "network.weights should be one of none, imagenet, it is 'coco'"),
        (64, {"residual": False, "starts_as_shortcut": True}, "network.residual should be true wi"),
        (64, {"residuals": True}, "network.residuals is unknown; did you mean residual?"),
    ],
)
def test_what_cannot_be_built_is_refused(size: int, network: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence.replace("?", r"\?")):
        build("resnet50", size, 6, network)
