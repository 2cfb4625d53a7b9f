"""The costs of neural style transfer, as the course's assignment normalises them.

All are functions of tensors. A picture's features are (1, height, width, channels), after ReLU;
Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", 2016.
"""

from collections.abc import Mapping
from typing import Any

from keras import ops

Tensor = Any  # of whichever backend Keras runs on


def compute_content_cost(content_features: Tensor, generated_features: Tensor) -> Tensor:
    """J_content = sum of (a_C - a_G)^2 / (4 height width channels) of features of one layer."""
    content, generated = _float32(content_features), _float32(generated_features)
    _, height, width, channels = generated.shape
    return ops.sum(ops.square(content - generated)) / (4 * height * width * channels)


def gram_matrix(unrolled: Tensor) -> Tensor:
    """Gram matrix A A^T, (channels, channels), of features A (channels, positions)."""
    return ops.matmul(unrolled, ops.transpose(unrolled))


def mean_gram_matrix(features: Tensor, mask: Tensor | None = None) -> Tensor:
    """Gram matrix of features (1, height, width, channels) divided by their positions, float32.

    Dividing makes pictures of different sizes comparable. With a `mask` (height, width) in 0..1
    each position counts as much as its mask says.
    """
    _, height, width, channels = features.shape
    unrolled = ops.reshape(features, (height * width, channels))
    if mask is None:
        return _inner_products(unrolled) / (height * width)
    share = ops.reshape(_float32(mask), (height * width, 1))
    # A mask that is thin may vanish at a deep layer; it then asks for nothing there.
    return _inner_products(ops.sqrt(share) * _float32(unrolled)) / (ops.sum(share) + 1e-6)


@ops.custom_gradient
def _inner_products(unrolled: Tensor) -> Tensor:
    """A^T A, (channels, channels) float32, of A (positions, channels) in any float type.

    Where d is the gradient of the result, that of A is A (d + d^T): one product and not two, in the
    type of A. The sum over all positions is in float32: bfloat16 would keep 8 bits of it.
    """
    exact = _float32(unrolled)

    def gradient(*arguments: Tensor, upstream: Tensor | None = None) -> Tensor:
        passed = arguments[0] if upstream is None else upstream
        both = ops.cast(passed + ops.transpose(passed), unrolled.dtype)
        return ops.matmul(unrolled, both)

    return gram_matrix(ops.transpose(exact)), gradient


def gram_distance(style_gram: Tensor, generated_gram: Tensor) -> Tensor:
    """Sum of (G_S - G_G)^2 / (4 channels^2), of Gram matrices divided by their positions."""
    channels = generated_gram.shape[-1]
    return ops.sum(ops.square(style_gram - generated_gram)) / (4 * channels**2)


def compute_layer_style_cost(style_features: Tensor, generated_features: Tensor) -> Tensor:
    """J_style of a layer: sum of (G_S - G_G)^2 / (4 channels^2 (height width)^2).

    Where the two pictures differ in size, each Gram matrix is divided by its own positions.
    """
    return gram_distance(mean_gram_matrix(style_features), mean_gram_matrix(generated_features))


def compute_style_cost(
    style_features: Mapping[str, Tensor],
    generated_features: Mapping[str, Tensor],
    layer_weights: Mapping[str, float],
) -> Tensor:
    """J_style = sum over layers of weight x layer cost; features and weights by layer name."""
    return sum(
        weight * compute_layer_style_cost(style_features[layer], generated_features[layer])
        for layer, weight in layer_weights.items()
    )


def total_cost(
    content_cost: Tensor, style_cost: Tensor, alpha: float = 10, beta: float = 40
) -> Tensor:
    """J = alpha J_content + beta J_style."""
    return alpha * content_cost + beta * style_cost


def total_variation(image: Tensor) -> Tensor:
    """Sum of absolute differences of neighbouring pixels of (1, height, width, 3)."""
    down, right = image[:, 1:] - image[:, :-1], image[:, :, 1:] - image[:, :, :-1]
    return ops.sum(ops.abs(down)) + ops.sum(ops.abs(right))


def _float32(tensor: Tensor) -> Tensor:
    return ops.cast(tensor, "float32")
