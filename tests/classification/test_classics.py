"""The classic networks have their published sizes, and can be made narrow enough to train."""

import keras
import numpy as np
import pytest

from fivenets.classification import classics
from fivenets.classification.architectures import build
from fivenets.classification.googlenet import SideBranches, googlenet
from fivenets.classification.settings import NETWORKS
from fivenets.core.errors import UserError
from fivenets.step_by_step import lenet


def unfilled() -> keras.StatelessScope:
    """Networks built within have shapes and no numbers: VGG-16's would take 550 MB."""
    return keras.StatelessScope(initialize_variables=False)


@pytest.mark.parametrize(
    ("name", "side", "options", "published"),
    [
        ("resnet", 224, {"depth": 18}, 11_689_512),
        ("resnet", 224, {"depth": 34}, 21_797_672),
        ("resnet", 224, {"depth": 50}, 25_557_032),
        ("resnet", 224, {"depth": 152}, 60_192_808),
    ],
)
def test_published_numbers_of_parameters(name, side, options, published) -> None:
    with unfilled():
        network = build(name, side, 1000, options)
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) == published


def test_googlenet_has_7_million_beside_its_normalisation() -> None:
    with unfilled():
        network = googlenet((224, 224, 3), 1000)
    norms = [one for one in network.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert network.count_params() - sum(one.count_params() for one in norms) == 6_998_552
    shapes = [network.get_layer(name).output.shape[1:] for name in ("inception_3a", "inception_5b")]
    assert shapes == [(28, 28, 256), (7, 7, 1024)]


@pytest.fixture(scope="module")
def branched() -> SideBranches:
    network = googlenet((32, 32, 3), 4, width=0.05, side_branches=True)
    assert isinstance(network, SideBranches)
    network.compile(
        loss=keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return network


def test_side_branches_count_in_training_alone(branched: SideBranches) -> None:
    rng = np.random.default_rng(0)
    y = np.eye(4, dtype=np.float32)
    outputs = [rng.normal(size=(4, 4)).astype(np.float32) for _ in range(3)]
    own, *aside = (float(branched.loss(y, logits)) for logits in outputs)
    assert float(branched.compute_loss(None, y, outputs, training=False)) == pytest.approx(own)
    trained_by = float(branched.compute_loss(None, y, outputs, training=True))
    assert trained_by == pytest.approx(own + 0.3 * sum(aside))
    found = branched.compute_metrics(None, y, outputs)
    assert float(found["accuracy"]) == np.mean(outputs[0].argmax(axis=1) == np.arange(4))


def test_without_side_branches_the_logits_are_the_same(branched: SideBranches) -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    logits = branched(images)[0]
    network = branched.without()
    np.testing.assert_array_equal(network(images), logits)
    assert not any(one.name.startswith("side") for one in network.layers)
    behind = branched.behind([keras.layers.Rescaling(0.5)])
    np.testing.assert_array_equal(behind(2 * images)[0], logits)


def test_lenet_5_is_the_one_in_numpy() -> None:
    numpy_network = lenet.lenet5(np.random.default_rng(0))
    network = classics.lenet5((32, 32, 1), 10)
    network.set_weights(lenet.parameters(numpy_network))
    images = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 1)).astype(np.float32)
    expected = lenet.logits(numpy_network, images / 127.5 - 1)
    np.testing.assert_allclose(network(images), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "googlenet"])
def test_half_the_width_is_half_the_filters(name: str) -> None:
    with unfilled():
        full, half = (build(name, 96, 6, {"width": width}) for width in (1.0, 0.5))
    first, narrow = (
        next(one for one in network.layers if isinstance(one, keras.layers.Conv2D))
        for network in (full, half)
    )
    assert narrow.filters == first.filters // 2
    assert half.output_shape == (None, 6)
    assert half.count_params() < 0.5 * full.count_params()


@pytest.mark.parametrize(("name", "side"), [("lenet5", 16), ("alexnet", 67), ("vgg16", 32)])
def test_the_smallest_picture_that_settings_name_is_the_smallest(name: str, side: int) -> None:
    builder = NETWORKS[name].builder(name)
    with unfilled():
        assert builder((side, side, 3), 2).output_shape == (None, 2)
        with pytest.raises(ValueError, match=r"."):
            builder((side - 1, side - 1, 3), 2)


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "lenet5", "resnet50", "vgg16"])
def test_smaller_pictures_are_refused(name: str) -> None:
    side = NETWORKS[name].smallest_side
    with pytest.raises(
        UserError, match=f"{name} takes pictures of at least {side} pixels a side: image_size is 9"
    ):
        build(name, 9, 2)


def test_a_resnet_of_another_depth_is_refused() -> None:
    with pytest.raises(UserError, match=r"network.depth should be one of 18, 34, 50, 101, 152"):
        build("resnet", 64, 6, {"depth": 20})
