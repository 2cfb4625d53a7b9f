"""Where in a picture a classifier saw a label (Grad-CAM, Selvaraju et al. 2017).

Each place counts by its own slopes and not by their mean over the map (HiResCAM, Draelos and Carin
2020): before a global mean both are the same, and further down only this is true to the network.
"""

import cv2
import keras
import numpy as np
import tensorflow as tf

FEWEST_PLACES = 16  # of a map, where some have more: 2x2 or 3x3 would colour half of a picture


def grad_cam(network: keras.Model, image_rgb_uint8: np.ndarray, label: int) -> np.ndarray:
    """How much each place of (size, size, 3) speaks for a label: (size, size), 0..1.

    The last map of features that still tells places apart, each number times the label's slope by
    it; what speaks against the label is 0.
    """
    if isinstance(network, keras.Sequential):
        # Loaded, it has been built after each of its layers: their outputs lead to different ends.
        weights, network = network.get_weights(), keras.models.clone_model(network)
        network.set_weights(weights)
    maps = [layer.output for layer in network.layers if _places(layer.output.shape) > 1]
    fine = [features for features in maps if _places(features.shape) >= FEWEST_PLACES]
    last = (fine or maps)[-1]
    both = keras.Model(network.inputs[0], [last, network.outputs[0]])
    image = tf.constant(image_rgb_uint8[None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)  # and so what comes of it
        features, logits = both(image, training=False)
        logit = logits[:, label]
    slopes = tape.gradient(logit, features)
    seen = tf.nn.relu(tf.reduce_sum(slopes * features, axis=-1))[0].numpy().astype(np.float32)
    side = image_rgb_uint8.shape[0]
    heat = cv2.resize(seen, (side, side), interpolation=cv2.INTER_LINEAR)
    return heat / max(float(heat.max()), 1e-9)


def overlaid(image_rgb_uint8: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A picture of any size with what `grad_cam` found laid over it in colours."""
    height, width = image_rgb_uint8.shape[:2]
    wide = cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap((255 * wide).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return (0.55 * image_rgb_uint8 + 0.45 * colours).astype(np.uint8)


def _places(shape: tuple[int, ...]) -> int:
    return shape[1] * shape[2] if len(shape) == 4 else 0
