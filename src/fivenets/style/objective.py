"""What one transfer minimises: content, styles and smoothness, with targets computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import ops

from fivenets.style import losses, pictures
from fivenets.style.differentiation import Loss
from fivenets.style.settings import LossWeights

SMALLEST_COST = 1e-6  # of a picture that is black all over, by which nothing can be divided
LARGEST_FACTOR = 3e38  # of float32; the loss is then out of range, and the optimiser says so


@dataclass(frozen=True)
class Style:
    """A picture whose style is wanted, how much of it, and where."""

    image: np.ndarray  # (height, width, 3), float32 in 0..1
    weight: float = 1.0  # relative to the other styles'
    mask: np.ndarray | None = None  # (height, width) in 0..1, of any size; none: everywhere


def loss(
    features: keras.Model, content: np.ndarray, styles: Sequence[Style], weights: LossWeights
) -> Loss:
    """J as a function of an image (1, height, width, 3) in 0..1, of the content's size.

    Its parts are `content_loss` and `style_loss`, before alpha and beta, `variation`, and the
    cost of each style layer, such as `style_loss/block1_conv1`.
    Args: features: model from a picture to features by layer name (`features.extractor`).
    """
    content_target = features(content[None])[weights.content_layer]
    grams = [style_grams(features, style.image, weights) for style in styles]
    shapes = {layer: _positions(features, layer, content.shape) for layer in weights.style_layers}
    shares = np.array([style.weight for style in styles]) / sum(style.weight for style in styles)
    masks = [_masks(style.mask, shapes) for style in styles]

    def layer_cost(layer: str, generated: Any) -> Any:
        # One Gram matrix for all the styles that are wanted everywhere.
        everywhere = losses.mean_gram_matrix(generated) if None in masks else None
        cost = 0.0
        for share, gram, mask in zip(shares, grams, masks, strict=True):
            found = everywhere if mask is None else losses.mean_gram_matrix(generated, mask[layer])
            cost += float(share) * losses.gram_distance(gram[layer], found)
        return cost

    def compute(image: Any) -> tuple[Any, dict[str, Any]]:
        found = features(image)
        by_layer = {layer: layer_cost(layer, found[layer]) for layer in weights.style_layers}
        content_loss = losses.compute_content_cost(content_target, found[weights.content_layer])
        return total(content_loss, by_layer, losses.total_variation(image), weights)

    return compute


def total(
    content_loss: Any, by_layer: Mapping[str, Any], variation: Any, weights: LossWeights
) -> tuple[Any, dict[str, Any]]:
    """J of a picture's costs, and its parts by name; by_layer: the cost of each style layer."""
    style = sum(weight * by_layer[layer] for layer, weight in weights.style_layers.items())
    both = losses.total_cost(content_loss, style, weights.content, weights.style)
    return both + weights.variation * variation, {
        "content_loss": content_loss,
        "style_loss": style,
        "variation": variation,
        **{f"style_loss/{layer}": cost for layer, cost in by_layer.items()},
    }


def balanced(
    features: keras.Model, content: np.ndarray, styles: Sequence[Style], weights: LossWeights
) -> LossWeights:
    """Weights for these pictures, given as shares of what losing all of the style costs.

    A style's cost grows with the fourth power of its contrast and the content's hardly changes, so
    that no fixed weights suit two pairs. Nor do they suit two layers: undivided, the one of the
    largest features was all that counted, and flat places stayed unpainted.
    Args: weights: `style_layers` are what losing all of the style in a layer costs; `content` and
        `variation` are what losing all of the content, and having the content's own roughness,
        cost in parts of all layers together.
    """
    grams = [style_grams(features, style.image, weights) for style in styles]
    shares = np.array([style.weight for style in styles]) / sum(style.weight for style in styles)

    def all_lost(layer: str) -> float:
        costs = [losses.gram_distance(gram[layer], ops.zeros_like(gram[layer])) for gram in grams]
        return max(float(shares @ [float(cost) for cost in costs]), SMALLEST_COST)

    by_layer = {layer: part / all_lost(layer) for layer, part in weights.style_layers.items()}
    found = features(content[None])[weights.content_layer]
    content_lost = losses.compute_content_cost(found, ops.zeros_like(found))
    roughness = losses.total_variation(content[None])
    unit = weights.style * sum(weights.style_layers.values())

    def factor(share: float, cost: float) -> float:
        return min(share * unit / max(cost, SMALLEST_COST), LARGEST_FACTOR)

    return replace(
        weights,
        content=factor(weights.content, float(content_lost)),
        variation=factor(weights.variation, float(roughness)),
        style_layers=by_layer,
    )


def style_grams(features: keras.Model, image: np.ndarray, weights: LossWeights) -> dict[str, Any]:
    """The style of an image (height, width, 3) in 0..1: Gram matrices by layer name."""
    found = features(image[None])
    return {layer: losses.mean_gram_matrix(found[layer]) for layer in weights.style_layers}


def _positions(features: keras.Model, layer: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a layer's features of a picture."""
    shapes = features.compute_output_shape((1, *shape))
    return shapes[layer][1:3]


def _masks(mask: np.ndarray | None, shapes: Mapping[str, tuple[int, int]]) -> dict[str, Any] | None:
    """The mask at each layer's size; none for a style that is wanted everywhere."""
    if mask is None:
        return None
    return {
        layer: ops.convert_to_tensor(pictures.resize_mask(mask, *shape))
        for layer, shape in shapes.items()
    }
