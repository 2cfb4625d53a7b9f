"""How good a picture is, by numbers that nothing was optimised for.

Pictures are (height, width, 3) float32 in 0..1, RGB.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops
from scipy.ndimage import gaussian_filter

from fivenets.style import colours, losses, squeezenet

PATCH = 16  # pixels a side
BLURRED = 2.0  # pixels of deviation: what is finer, such as moire, is no paint
UNPAINTED = 0.3  # of the style's median contrast
PERIODS = (2, 4, 8)  # pixels, of the scales and poolings that leave a grid
DIRECTIONS, QUANTILES = 64, 256  # of features, and of each direction


def of_picture(
    made: np.ndarray,
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    shares: Sequence[float],
    judge: keras.Model | None,
) -> dict[str, float]:
    """All measures; of several styles the mean by their shares, which add up to 1.

    Args: judge: from `squeezenet.network`; none leaves out what only its features can say.
    Returns: those of `of_content` and `of_features`; `painted`: the share of patches that are;
        `even`: 1 where nothing is in step with a grid of 2 pixels, less where blocks are left; and
        `held_out`: the part of the content's own Wasserstein distance that is gone.
    """
    found = [of_content(made, content, style) for style in styles]
    if judge:
        by_features = (of_features(judge, made, content, style) for style in styles)
        found = [one | more for one, more in zip(found, by_features, strict=True)]
    mean = {name: float(np.dot(shares, [one[name] for one in found])) for name in found[0]}
    mean["painted"] = 1 - mean["unpainted"]
    mean["even"] = 1 / mean["grid_2"]
    if judge:
        mean["held_out"] = 1 - mean["wasserstein"] / max(mean["content_wasserstein"], 1e-9)
    return mean


def of_content(made: np.ndarray, content: np.ndarray, style: np.ndarray) -> dict[str, float]:
    """What is kept, painted and left by the pixel grid, with the style's or content's own beside.

    `ssim` is of luminance. `unpainted`: the share of patches with less than UNPAINTED of the
    contrast of the style's median one. `grid_N`: see `grid`.
    """
    grey = {"": _grey(made), "content_": _grey(content)}
    similar = ops.image.ssim(grey[""][None, ..., None], grey["content_"][None, ..., None], 1.0)
    contrasts = _contrasts(_grey(style))
    least = UNPAINTED * float(np.median(contrasts))
    grids = {
        f"{whose}grid_{period}": grid(picture, period)
        for period in PERIODS
        for whose, picture in grey.items()
    }
    return {
        "ssim": float(ops.mean(similar)),
        "unpainted": float((_contrasts(grey[""]) < least).mean()),
        "style_unpainted": float((contrasts < least).mean()),
        **grids,
    }


def of_features(
    network: keras.Model, made: np.ndarray, content: np.ndarray, style: np.ndarray
) -> dict[str, float]:
    """Distances to the style, and likeness to the content, in features that are not optimised.

    Args: network: from `squeezenet.network`.
    Returns: `gram_distance`: of Gram matrices, in parts of the style's, the mean over layers;
        `wasserstein`: see `wasserstein`; `content_` before both: the content's own, to begin with.
        `cosine`: of deep features of the picture and the content, the mean over positions.
    """
    of_made, of_content, of_style = (network(image[None]) for image in (made, content, style))
    found = {}
    for whose, features in (("", of_made), ("content_", of_content)):
        pairs = [(features[layer], of_style[layer]) for layer in squeezenet.STYLE_LAYERS]
        found[f"{whose}gram_distance"] = float(np.mean([_gram_distance(*pair) for pair in pairs]))
        found[f"{whose}wasserstein"] = float(np.mean([wasserstein(*pair) for pair in pairs]))
    deep = (np.asarray(one[squeezenet.CONTENT_LAYER], np.float64) for one in (of_made, of_content))
    one, other = (values / (np.linalg.norm(values, axis=-1)[..., None] + 1e-9) for values in deep)
    return found | {"cosine": float((one * other).sum(axis=-1).mean())}


def grid(grey: np.ndarray, period: int) -> float:
    """How much a picture (height, width) is in step with the pixels: 1 where it is not at all.

    Neighbours' mean absolute difference is taken for each remainder of their position by the
    period, along rows and columns: the larger of the two ratios of the largest to the smallest.
    """
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        means = [steps[start::period].mean() for start in range(period)]
        ratios.append((max(means) + 1e-9) / (min(means) + 1e-9))  # flat: 1
    return float(max(ratios))


def wasserstein(features: np.ndarray, wanted: np.ndarray) -> float:
    """Sliced Wasserstein distance of two sets of features (1, height, width, channels).

    Rabin, Peyre, Delon and Bernot, "Wasserstein Barycenter and Its Application to Texture Mixing",
    2011: of projections on random directions, the root mean square distance of their quantiles, in
    standard deviations of `wanted`.
    """
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    channels = np.shape(wanted)[-1]
    directions = np.random.default_rng(0).normal(size=(channels, DIRECTIONS))
    found, target = (
        np.quantile(np.reshape(values, (-1, channels)) @ directions, levels, axis=0)
        for values in (features, wanted)
    )
    return float(np.sqrt(((found - target) ** 2).mean() / max(target.var(axis=0).mean(), 1e-9)))


def _gram_distance(features: np.ndarray, wanted: np.ndarray) -> float:
    found, target = (np.asarray(losses.mean_gram_matrix(one)) for one in (features, wanted))
    return float(np.linalg.norm(found - target) / max(np.linalg.norm(target), 1e-9))


def _grey(image: np.ndarray) -> np.ndarray:
    return colours.luminance(image)[..., 0]


def _contrasts(grey: np.ndarray) -> np.ndarray:
    """Standard deviations of the patches of a blurred picture; less than a patch is left out."""
    height, width = (side // PATCH * PATCH for side in grey.shape)
    blurred = gaussian_filter(grey, BLURRED)[:height, :width]
    patches = blurred.reshape(height // PATCH, PATCH, width // PATCH, PATCH)
    return patches.std(axis=(1, 3)).ravel()
