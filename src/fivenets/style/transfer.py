"""Content and styles in, picture out: the image is the variable, from coarse to fine."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from fivenets.core.errors import UserError
from fivenets.style import colours, features, memory, objective, optimisers, pictures
from fivenets.style.differentiation import value_and_gradient
from fivenets.style.objective import Style
from fivenets.style.settings import MIN_SIDE, LossWeights, Settings


@dataclass(frozen=True)
class Progress:
    """Where a transfer is, after one iteration; an iteration is one evaluation of the loss."""

    scale: int  # 0 is the coarsest
    height: int
    width: int
    iteration: int  # over all scales, from 0
    seconds: float  # since the start, without the observer's own
    losses: dict[str, float]  # loss, content_loss, style_loss, variation, style_loss/LAYER
    image: np.ndarray  # the best so far, (height, width, 3) float32 in 0..1

    def row(self) -> dict[str, float]:
        """All but the image, as one line of a table."""
        values = {key: value for key, value in vars(self).items() if key != "image"}
        return values | values.pop("losses")


Observer = Callable[[Progress], None]


def transfer(
    network: keras.Model,
    content_rgb_uint8: np.ndarray,
    styles: Sequence[Style],
    settings: Settings,
    observe: Observer = lambda _: None,
    *,
    factors: LossWeights | None = None,
) -> np.ndarray:
    """The content in the styles, (height, width, 3) uint8 with `settings.size` at the longer side.

    Args: network: from `features.vgg`, float32. styles: images are (height, width, 3) uint8.
        observe: told after each iteration. factors: of the loss, in place of those that balance
        the settings' weights for these pictures.
    Raises: UserError where the styles weigh nothing, memory does not suffice, or the loss diverges.
    """
    given = [style.weight for style in styles]
    if min(given, default=0) < 0 or not 0 < sum(given) < math.inf:
        raise UserError(
            "the weights of the styles should be at least 0 and one of them above it, they are "
            f"{given}"
        )
    shape = pictures.sized(content_rgb_uint8, settings.size)
    seen = [style_shape(style, settings.size, settings) for style in styles if style.weight]
    memory.check(network.name, *shape, settings.precision, seen, settings.style_scale)
    extractor = features.extractor(in_precision(network, settings), settings.weights.layers)
    # Whatever is coarse would pass a mask's edge.
    fall = optimisers.FALL if all(style.mask is None for style in styles) else 0.0
    report, image, coarser = _Report(observe), None, None
    for scale in range(settings.coarse_scales + 1):
        longest = settings.size // 2 ** (settings.coarse_scales - scale)
        height, width = pictures.sized(content_rgb_uint8, longest)
        if min(height, width) < MIN_SIDE:  # nothing to see at this scale
            continue
        content = pictures.resize(content_rgb_uint8, height, width)
        content, prepared = prepare(content, styles, longest, settings)
        begun = recoloured(content, prepared, settings)
        if image is None or coarser is None:
            image = initial(begun, settings, covered(prepared, height, width))
        else:
            image = refined(image, coarser, begun, settings.detail)
        weights = factors or objective.balanced(extractor, content, prepared, settings.weights)
        function = value_and_gradient(objective.loss(extractor, content, prepared, weights))
        budget = optimisers.Budget(settings.iterations, settings.tolerance)
        report.scale, coarser = scale, begun
        image = optimisers.minimise(
            settings.optimizer, function, image, budget, settings.learning_rate, report, fall=fall
        )
    if image is None:
        raise UserError(
            f"at size {settings.size} the picture is {shape[1]}x{shape[0]}: expected at least "
            f"{MIN_SIDE} pixels a side"
        )
    return finished(image, content_rgb_uint8, settings)


def in_precision(network: keras.Model, settings: Settings) -> keras.Model:
    """The network in the type that is computed in."""
    if settings.precision == "float32":
        return network
    pooling = "average" if "Average" in type(network.get_layer("block1_pool")).__name__ else "max"
    return features.cast(network, settings.precision, pooling)


def prepare(
    content: np.ndarray, styles: Sequence[Style], longest: int, settings: Settings
) -> tuple[np.ndarray, list[Style]]:
    """Content and styles as the loss sees them: at their scale, in the colours that are kept.

    content: (height, width, 3) in 0..1; styles: uint8; a style has `longest` x style_scale pixels
    at its longer side.
    """
    prepared = []
    for style in styles:
        if not style.weight:
            continue
        image = pictures.resize(style.image, *style_shape(style, longest, settings))
        if settings.colours == "histogram":
            image = colours.match_colours(image, content)
        elif settings.colours == "luminance":
            image = colours.luminance(image)
            image = colours.match_luminance(image, colours.luminance(content))
        prepared.append(Style(image, style.weight, style.mask))
    return (colours.luminance(content) if settings.colours == "luminance" else content), prepared


def style_shape(style: Style, longest: int, settings: Settings) -> tuple[int, int]:
    """Height and width that a style is seen at, beside a content of `longest` pixels."""
    wanted = min(longest * settings.style_scale, pictures.MAX_SIDE + 1)  # which may be infinite
    height, width = pictures.sized(style.image, max(MIN_SIDE, round(wanted)))
    least = MIN_SIDE // 2
    return max(height, least), max(width, least)


def initial(content: np.ndarray, settings: Settings, where: np.ndarray | float = 1.0) -> np.ndarray:
    """Where the image starts: the content, noise, or a blend of both.

    where: (height, width, 1), how much of the noise a place gets.
    """
    share = {"content": 0.0, "noise": 1.0, "blend": settings.noise}[settings.initial]
    noise = np.random.default_rng(settings.seed).random(content.shape, np.float32)
    parts = np.float32(share) * where
    return (1 - parts) * content + parts * noise


def covered(prepared: Sequence[Style], height: int, width: int) -> np.ndarray | float:
    """How much of each place some style covers: (height, width, 1), or 1 where one has no mask.

    Noise where there is no style would stay: nothing paints over it.
    """
    masks = [style.mask for style in prepared if style.mask is not None]
    if len(masks) < len(prepared):
        return 1.0
    return np.max([pictures.resize_mask(mask, height, width) for mask in masks], axis=0)[..., None]


def recoloured(content: np.ndarray, prepared: Sequence[Style], settings: Settings) -> np.ndarray:
    """The content in the colours of the styles, in 0..1: so near that strokes are what is left.

    It stays as it is where its colours are to be kept, or a style has its place.
    """
    if settings.colours != "style" or any(style.mask is not None for style in prepared):
        return content
    total = sum(style.weight for style in prepared)
    matched = [
        np.float32(style.weight / total) * colours.match_colours(content, style.image)
        for style in prepared
    ]
    return np.sum(matched, axis=0)


def refined(
    image: np.ndarray, coarser: np.ndarray, content: np.ndarray, detail: float
) -> np.ndarray:
    """Where the image starts at the next scale: as it is, with the content's detail.

    An enlarged image has nothing finer than its own pixels, and what L-BFGS then brings is in step
    with them.
    Args: image, coarser: the image so far and the content at its scale, (height, width, 3).
        detail: how much of the detail, in 0..1.
    """
    height, width, _ = content.shape
    finer = content - pictures.enlarge(coarser, height, width)
    return np.clip(pictures.enlarge(image, height, width) + np.float32(detail) * finer, 0, 1)


def finished(image: np.ndarray, content_rgb_uint8: np.ndarray, settings: Settings) -> np.ndarray:
    """The image as a picture, uint8; with the content's colours where only light was worked on."""
    picture = pictures.to_uint8(image)
    if settings.colours != "luminance":
        return picture
    height, width, _ = picture.shape
    content = pictures.to_uint8(pictures.resize(content_rgb_uint8, height, width))
    return colours.with_luminance(content, picture)


class _Report:
    """Tells an observer of each iteration, over all scales; its own time does not count."""

    def __init__(self, observe: Observer):
        self.observe, self.scale, self.iteration = observe, 0, 0
        self.seconds, self.since = 0.0, time.perf_counter()

    def __call__(self, loss: float, parts: dict[str, float], best: np.ndarray) -> None:
        self.seconds += time.perf_counter() - self.since
        height, width, _ = best.shape
        losses = {"loss": loss, **parts}
        self.observe(
            Progress(self.scale, height, width, self.iteration, self.seconds, losses, best)
        )
        self.iteration += 1
        self.since = time.perf_counter()
