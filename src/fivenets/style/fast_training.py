"""Trains a feed-forward network to paint in one style: resumable, the same for a seed."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from PIL import Image

from fivenets.core.digests import arrays_sha256
from fivenets.fitting.batches import epochs
from fivenets.fitting.fit import Fit, fingerprint, make_deterministic, precision
from fivenets.fitting.inference import jit_compile
from fivenets.style import features, losses, objective, pictures, transfer
from fivenets.style.image_transformer import image_transformer
from fivenets.style.objective import Style
from fivenets.style.photographs import Photographs
from fivenets.style.settings import FastRecipe, LossWeights

BALANCED_ON = 8  # crops whose mean says what content and roughness weigh beside this style


class StyleLoss(keras.losses.Loss):
    """J of pictures in 0..1, (n, height, width, 3), beside the contents that they were made from.

    Args: extractor: from pictures to features by layer name. grams: the style's, by layer name.
        weights: factors.
    """

    def __init__(self, extractor: keras.Model, grams: dict[str, Any], weights: LossWeights, n: int):
        super().__init__(name="style_loss")
        self.extractor, self.grams, self.weights, self.n = extractor, grams, weights, n
        content_layer = extractor.output[weights.content_layer]
        self.content = keras.Model(extractor.input, content_layer)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(n,) values of J; y_true: contents, y_pred: what was made of them."""
        wanted, found = self.content(y_true), self.extractor(y_pred)
        return ops.stack([self._one(y_pred, wanted, found, index) for index in range(self.n)])

    def _one(self, made: Any, wanted: Any, found: dict[str, Any], index: int) -> Any:
        one = slice(index, index + 1)
        by_layer = {
            layer: losses.gram_distance(gram, losses.mean_gram_matrix(found[layer][one]))
            for layer, gram in self.grams.items()
        }
        content_loss = losses.compute_content_cost(
            wanted[one], found[self.weights.content_layer][one]
        )
        variation = losses.total_variation(made[one])
        return objective.total(content_loss, by_layer, variation, self.weights)[0]


def train(
    vgg: keras.Model,
    painting_rgb_uint8: np.ndarray,
    photographs: Photographs,
    recipe: FastRecipe,
    checkpoint_dir: Path,
    data: Mapping[str, Any],
    on_epoch_end: Callable[[int, dict[str, float], keras.Model], None] = lambda *_: None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Trains by `recipe`, going on from `checkpoint_dir` where an earlier try was cut off.

    Args: vgg: from `features.vgg`, float32. data: what else says which data they are: settings,
        digest of the source, as JSON values. on_epoch_end: told the epoch, its metrics and the
        network.
    Returns: the network in float32, however it was trained, and a row of metrics for each epoch.
        The caller removes `checkpoint_dir` once it has saved the network.
    Raises: UserError where the loss becomes NaN.
    """
    make_deterministic(recipe.seed)
    with precision(recipe.policy):
        network = image_transformer(recipe.filters, recipe.residual_blocks)
    settings = recipe.settings
    extractor = features.extractor(transfer.in_precision(vgg, settings), settings.weights.layers)
    style = Style(pictures.fitted(painting_rgb_uint8, recipe.size))
    weights = _factors(extractor, style, photographs, recipe)
    grams = objective.style_grams(extractor, style.image, weights)
    fit = Fit.by(
        recipe,
        name="style",
        steps=recipe.steps,
        checkpoint_dir=checkpoint_dir,
        fingerprint=known_by(network, vgg, painting_rgb_uint8, photographs, recipe, data),
    )
    loss = StyleLoss(extractor, grams, weights, recipe.batch_size)
    network.compile(keras.optimizers.Adam(fit.rate(recipe)), loss, jit_compile=jit_compile())
    rows = fit.run(
        network,
        lambda first_epoch: batches(photographs.sources, recipe, first_epoch),
        lambda epoch, metrics: on_epoch_end(epoch, metrics, network),
    )
    exact = image_transformer(recipe.filters, recipe.residual_blocks)
    exact.set_weights(network.get_weights())
    return exact, rows


def known_by(
    network: keras.Model,
    vgg: keras.Model,
    painting_rgb_uint8: np.ndarray,
    photographs: Photographs,
    recipe: FastRecipe,
    data: Mapping[str, Any],
) -> str:
    """The fingerprint of a training; the arguments are those of `train`."""
    settings = {"recipe": asdict(recipe), "data": dict(data), "features": vgg.to_json()}
    settings["photographs"] = [len(source) for source in photographs.sources]
    trained_on = [painting_rgb_uint8, *itertools.chain(*photographs.sources), *vgg.get_weights()]
    return fingerprint(settings, arrays_sha256(trained_on), network)


def batches(
    sources: Sequence[Sequence[np.ndarray]], recipe: FastRecipe, first_epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(crops, the same crops) from an epoch on, without end; an epoch's by (seed, epoch) alone."""
    for _, rng in epochs(recipe.seed, first_epoch):
        for _ in range(recipe.steps):
            crops = np.stack([_crop(sources, recipe, rng) for _ in range(recipe.batch_size)])
            yield crops, crops


def _crop(
    sources: Sequence[Sequence[np.ndarray]], recipe: FastRecipe, rng: np.random.Generator
) -> np.ndarray:
    """(crop, crop, 3) in 0..1, cut at random from a photograph of any source, mirrored or not.

    Its shorter side is first brought to between `crop` and `zoom` times that.
    """
    source = sources[int(rng.integers(len(sources)))]
    photograph = Image.fromarray(source[int(rng.integers(len(source)))])
    shorter = recipe.crop * rng.uniform(1, recipe.zoom)
    share = recipe.crop / shorter * min(photograph.size)  # of the photograph, in its own pixels
    left, top = (rng.uniform(0, side - share) for side in photograph.size)
    cut = photograph.resize(
        (recipe.crop, recipe.crop),
        Image.Resampling.BICUBIC,
        box=(left, top, left + share, top + share),
        reducing_gap=2.0,
    )
    pixels = np.asarray(cut, np.float32) / 255
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def _factors(
    extractor: keras.Model, style: Style, photographs: Photographs, recipe: FastRecipe
) -> LossWeights:
    """One set of factors for all photographs: the mean of those that balance some of them."""
    some = replace(recipe, batch_size=BALANCED_ON, steps=1)
    crops, _ = next(batches(photographs.sources, some, 0))
    each = [objective.balanced(extractor, crop, [style], recipe.settings.weights) for crop in crops]
    return replace(
        each[0],  # whose layers' factors are the style's alone
        content=float(np.mean([weights.content for weights in each])),
        variation=float(np.mean([weights.variation for weights in each])),
    )
