"""Random numbers for a Darknet network, as tests and benchmarks need them."""

import numpy as np

from fivenets.detection import regions
from fivenets.detection.darknet import Network
from fivenets.detection.weights import FLOAT, Convolution, Header, is_normalised, kernel_shape

DAMPED = (*regions.KINDS, "shortcut")  # what random numbers are small before


def random_weights(network: Network, seed: int) -> tuple[Header, list[Convolution]]:
    """Numbers as of a network in training: activations keep their size.

    Means are near 0 and variances near 1, kernels by He et al. 2015. Those of the last layer, or of
    each scale's, are small, so that exp(w) and exp(h) of boxes stay in a picture, and so are those
    before a shortcut, since sums grow.
    """
    generator, found = np.random.default_rng(seed), []
    damped = {index for one in network.layers if one.kind in DAMPED for index in one.inputs}
    damped.add(len(network.layers) - 1)
    for index, layer in enumerate(network.layers):
        if layer.kind != "convolutional":
            continue
        shape = kernel_shape(layer)
        gain = 0.25 if index in damped else 1.0
        deviation = gain * np.sqrt(2 / np.prod(shape[1:]))
        kernel = generator.standard_normal(shape, FLOAT) * FLOAT.type(deviation)
        biases, means = (0.1 * generator.standard_normal((2, shape[0]))).astype(FLOAT)
        if is_normalised(layer):
            scales, variances = generator.uniform(0.8, 1.2, (2, shape[0])).astype(FLOAT)
            found.append(Convolution(biases, kernel, scales, means, variances))
        else:
            found.append(Convolution(biases, kernel))
    return Header(0, 2, 5, 32_013_312), found
