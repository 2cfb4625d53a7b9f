"""What a classifier's training starts with: ImageNet's weights, or nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras

from fivenets.classification.settings import ClassifierRecipe
from fivenets.fitting import imagenet
from fivenets.sources.fetching import Fetched


def started(
    recipe: ClassifierRecipe, source: str, raw_dir: Path
) -> tuple[ClassifierRecipe, Fetched | None]:
    """The recipe as it is here, and the weights that it asks for; None where there are none.

    Args: source: data.source.
    Raises: UserError as `imagenet.fetch`.
    """
    if recipe.network.get("weights") == "imagenet":
        return recipe, imagenet.fetch(recipe.architecture, source, raw_dir)
    starts = recipe.fine_tuning.start
    if starts and (found := imagenet.first(starts, source, raw_dir)):
        start, weights = found
        return recipe.fine_tuned(start), weights
    return recipe, None


def loading(
    recipe: ClassifierRecipe, weights: Fetched | None
) -> Callable[[keras.Model], None] | None:
    """What gives the recipe's network these weights."""
    if weights is None:
        return None
    return partial(imagenet.load, architecture=recipe.architecture, folder=weights.folder)
