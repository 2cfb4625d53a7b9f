"""The networks of the study of depth."""

import keras
import numpy as np
import pytest

from fivenets.classification.architectures import build
from fivenets.classification.resnets import thin_resnet
from fivenets.core.errors import UserError


@pytest.mark.parametrize("depth", [20, 32, 56])
def test_shortcuts_have_no_parameters_and_depth_counts_the_layers_with_weights(depth: int) -> None:
    residual, plain = (
        thin_resnet((32, 32, 3), 6, depth=depth, residual=kind) for kind in (True, False)
    )
    assert residual.count_params() == plain.count_params()
    for network in (residual, plain):
        kinds = (keras.layers.Conv2D, keras.layers.Dense)
        assert sum(isinstance(layer, kinds) for layer in network.layers) == depth
    assert sum(isinstance(layer, keras.layers.Add) for layer in residual.layers) == (depth - 2) // 2


def test_a_shortcut_to_more_channels_is_pooled_and_filled_with_zeros() -> None:
    network = thin_resnet((8, 8, 3), 2, depth=8, width=2)
    into = network.get_layer("stage1_block1_out").output
    shortcut = keras.Model(network.input, [into, network.get_layer("stage2_block1_widen").output])
    image = np.random.default_rng(0).uniform(0, 255, (1, 8, 8, 3)).astype(np.float32)
    before, after = (keras.ops.convert_to_numpy(values)[0] for values in shortcut(image))
    pooled = before.reshape(2, 2, 2, 2, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(after[..., :2], pooled, atol=1e-6)
    assert (after[..., 2:] == 0).all()


def test_other_depths_are_refused() -> None:
    with pytest.raises(UserError, match="should be 6n \\+ 2, such as 20, 32 or 56, it is 21"):
        build("thin_resnet", 32, 6, {"depth": 21})
