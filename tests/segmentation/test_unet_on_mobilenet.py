"""U-Net on MobileNetV2: what its skips carry, and that the encoder stays as it came."""

import numpy as np

from fivenets.segmentation.unet_on_mobilenet import BOTTOM, SKIPS, encoder, unet_on


def test_skips_of_each_stride_lead_to_logits_of_half_the_size() -> None:
    trained = encoder()
    shapes = [trained.get_layer(name).output.shape[-1] for name in (*SKIPS, BOTTOM)]
    assert shapes == [16, 24, 32, 96, 320]  # table 2 of Sandler et al.
    network = unet_on(trained, 5, filters=4, batch_norm_momentum=0.9)
    names = [layer.name for layer in network.layers if layer.trainable_weights]
    parts = {f"{part}{level}" for part in ("side", "up") for level in range(len(SKIPS))}
    assert {name.partition("_")[0] for name in names} == {"logits"} | parts
    for height, width in ((32, 64), (96, 32)):
        logits = network(np.zeros((1, height, width, 3), np.float32))
        assert logits.shape == (1, height // 2, width // 2, 5)
