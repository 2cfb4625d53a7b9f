"""U-Net on a classifier: what its skips carry, and that the encoder stays as it came."""

import numpy as np
import pytest

from fivenets.segmentation.unet_on_imagenet import ENDS, encoder, unet_on

# Table 2 of Sandler et al. 2018 and table 1 of Tan and Le 2019: filters of strides 2 to 32.
FILTERS = {
    "mobilenet_v2": [16, 24, 32, 96, 320],
    "efficientnet_lite0": [16, 24, 40, 112, 320],
}


@pytest.mark.parametrize("architecture", ENDS)
def test_skips_of_each_stride_lead_to_logits_of_half_the_size(architecture: str) -> None:
    trained, ends = encoder(architecture), ENDS[architecture]
    shapes = [trained.get_layer(name).output.shape[-1] for name in ends]
    assert shapes == FILTERS[architecture]
    network = unet_on(trained, 5, filters=4, batch_norm_momentum=0.9)
    names = [layer.name for layer in network.layers if layer.trainable_weights]
    parts = {f"{part}{level}" for part in ("side", "up") for level in range(len(ends) - 1)}
    assert {name.partition("_")[0] for name in names} == {"logits"} | parts
    for height, width in ((32, 64), (96, 32)):
        logits = network(np.zeros((1, height, width, 3), np.float32))
        assert logits.shape == (1, height // 2, width // 2, 5)
