"""Pictures of an evaluation: ROC, distances, the map of embeddings, the hardest pairs."""

from collections.abc import Sequence

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.metrics import DetCurveDisplay, det_curve

from fivenets.core import lettering
from fivenets.faces.verification import Pairs, hardest, rates

MOST_NAMES = 30  # on a map: more are printed over each other


def roc(distances: np.ndarray, is_same: np.ndarray, threshold: float) -> Figure:
    """TAR against FAR, on a logarithmic axis: the part that matters is where FAR is small."""
    _, tar, far = rates(distances, is_same)
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    axes.plot(np.maximum(far, 0.5 / max(1, (~is_same).sum())), tar)
    accepted = distances <= threshold
    axes.plot(
        max(accepted[~is_same].mean(), 0.5 / (~is_same).sum()),
        accepted[is_same].mean(),
        "ko",
        label=f"threshold {threshold:.3f}, as served",
    )
    axes.set(xscale="log", xlabel="FAR: pairs of two people accepted")
    axes.set(ylabel="TAR: pairs of one person accepted", ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def det(distances: np.ndarray, is_same: np.ndarray, threshold: float) -> Figure:
    """Both errors against each other, on axes of normal deviates (Martin et al. 1997)."""
    far, rejected, _ = det_curve(is_same, -distances)
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    DetCurveDisplay(fpr=far, fnr=rejected).plot(axes, name="all pairs")
    accepted = distances <= threshold
    served = np.array([accepted[~is_same].mean(), 1 - accepted[is_same].mean()])
    axes.plot(*norm.ppf(np.clip(served, 1e-6, 1 - 1e-6)), "ko", label=f"threshold {threshold:.3f}")
    ticks = np.array([1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(norm.ppf(ticks), [f"{tick:g}" for tick in ticks])
    ends = tuple(norm.ppf([5e-5, 0.6]))
    axes.set(xlabel="FAR: pairs of two people accepted", xlim=ends)
    axes.set(ylabel="pairs of one person rejected", ylim=ends)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right")
    return figure


def galleries(rows: Sequence[dict[str, float]], target: float) -> Figure:
    """What galleries of some sizes answer at their own thresholds, with intervals over people."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5, 5), layout="constrained", sharex=True, height_ratios=(3, 2)
    )
    people = [row["people"] for row in rows]
    for axes, key, label in (
        (above, "rank_1", "nearest is right"),
        (above, "detection_and_identification", "and near enough"),
        (below, "false_identification", "strangers named"),
    ):
        axes.plot(people, [row[key] for row in rows], marker="o", label=label)
        ends = ([row[f"{key}_{end}"] for row in rows] for end in ("low", "high"))
        axes.fill_between(people, *ends, alpha=0.2)
    below.axhline(target, color="black", linestyle="--", label=f"{target:g} promised")
    below.set(xscale="log", xlabel="people in the gallery, one picture each", xticks=people)
    below.set_xticklabels([f"{count:g}" for count in people])
    below.minorticks_off()
    below.set_ylim(bottom=0)
    for axes in (above, below):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return figure


def distance_histograms(distances: np.ndarray, is_same: np.ndarray, threshold: float) -> Figure:
    """Distances of pairs of one person and of two people, each as a density."""
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    bins = np.linspace(0, distances.max(), 50)
    axes.hist(distances[is_same], bins, density=True, alpha=0.6, label="one person")
    axes.hist(distances[~is_same], bins, density=True, alpha=0.6, label="two people")
    axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.3f}")
    axes.set(xlabel="Euclidean distance", ylabel="density")
    axes.legend()
    return figure


def embedding_map(embeddings: np.ndarray, people: np.ndarray) -> Figure:
    """The first two principal components of the embeddings, a colour per person, and their names
    where there are few enough to be read."""
    points = PCA(2, random_state=0).fit_transform(embeddings)
    figure, axes = plt.subplots(figsize=(7, 5.5), layout="constrained")
    colours, markers = plt.get_cmap("tab10"), "osD^vP"
    everyone = np.unique(people)
    for index, person in enumerate(everyone):
        own, colour = points[people == person], colours(index % 10)
        axes.scatter(*own.T, s=14, color=colour, marker=markers[index // 10 % len(markers)])
        if len(everyone) > MOST_NAMES:
            continue
        name = axes.annotate(
            lettering.in_figure(str(person).replace("_", " ")),
            own.mean(axis=0),
            fontsize=7,
            ha="center",
            va="center",
        )
        name.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    axes.margins(0.1)  # for names at the border
    axes.set(xlabel="first principal component", ylabel="second")
    return figure


def as_picture(figure: Figure) -> np.ndarray:
    """A figure as (height, width, 3) uint8; it is closed."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    plt.close(figure)
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def hardest_pairs(
    images: Sequence[np.ndarray], distances: np.ndarray, pairs: Pairs, count: int = 6
) -> Figure:
    """One person's images farthest apart (above), and two people's nearest together (below)."""
    figure = plt.figure(figsize=(1.5 * count, 7.4), layout="constrained")
    halves = np.asarray(figure.subfigures(2, 1, hspace=0.04), dtype=object)
    titles = ("one person, farthest apart", "two people, nearest together")
    for half, title, chosen in zip(halves, titles, hardest(distances, pairs, count), strict=True):
        half.suptitle(f"{title}: a pair is one above the other, with its distance", fontsize=10)
        grid = np.asarray(half.subplots(2, count, squeeze=False), dtype=object)
        for axes in grid.flat:
            axes.axis("off")
        for column, pair in enumerate(chosen):
            grid[0, column].imshow(images[pairs.first[pair]])
            grid[1, column].imshow(images[pairs.second[pair]])
            grid[0, column].set_title(f"{distances[pair]:.2f}", fontsize=9)
    return figure
