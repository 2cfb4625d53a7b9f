"""What a detector's training starts with: the layers of a trained network, or nothing."""

import logging
from pathlib import Path

from fivenets.detection import on_imagenet, sources
from fivenets.detection.converted import Converted
from fivenets.detection.detector import Detector, read_names
from fivenets.detection.settings import DetectorRecipe
from fivenets.fitting import imagenet

log = logging.getLogger(__name__)


def started(
    recipe: DetectorRecipe, source: str, raw_dir: Path
) -> tuple[DetectorRecipe, Converted | None]:
    """The recipe as it is here, and the network that it starts from; None where there is none.

    Args: source: data.source; "builtin" asks no mirror and no host.
    """
    for name in recipe.fine_tuning.start:
        if found := _start(name, source, raw_dir, recipe.seed):
            return recipe.fine_tuned(), found
        log.warning("%s is unavailable here", name)
    return recipe, None


def _start(name: str, source: str, raw_dir: Path, seed: int) -> Converted | None:
    if name == on_imagenet.NAME:
        weights = imagenet.fetch(name, source, raw_dir)
        return weights and on_imagenet.start(weights.folder, weights.origin, seed)
    pair = sources.start(name, raw_dir, source)
    if pair is None:
        return None
    labels = read_names(pair.names)
    return Detector.from_darknet(pair.cfg, pair.weights, labels, pair.resize, pair.origin)
