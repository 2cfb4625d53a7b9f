"""The threshold of a gallery, which is not that of a pair: the more entries, the lower.

A stranger is compared with every entry and is named where one of them is near enough. So that this
happens as rarely in a gallery of 500 as in one of 5, the threshold is a function of the number of
entries, set on people who are all strangers to each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its modules are imported where they are used

from fivenets.core.errors import UserError

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)  # entries; as far as the people go
CONFIDENCE = 0.95  # that the rate of others is not above what was asked for


@dataclass(frozen=True)
class GalleryThresholds:
    """Distances at or below which somebody is named, by the number of entries in the gallery."""

    entries: tuple[int, ...]  # rising
    thresholds: tuple[float, ...]  # of each, falling

    def of(self, entries: int) -> float:
        """The threshold for so many entries: between those measured, linear in their logarithm.

        Beyond the largest that was measured it goes on falling as between the last two.
        """
        sizes = np.log(self.entries)
        at, last = math.log(max(entries, 1)), sizes[-1]
        if at <= last or len(sizes) == 1:
            return float(np.interp(at, sizes, self.thresholds))
        slope = (self.thresholds[-1] - self.thresholds[-2]) / (last - sizes[-2])
        return float(max(0.0, self.thresholds[-1] + min(slope, 0.0) * (at - last)))

    def record(self) -> list[tuple[int, float]]:
        """As JSON values."""
        return list(zip(self.entries, self.thresholds, strict=True))

    @classmethod
    def read(cls, record: Sequence[Sequence[float]]) -> "GalleryThresholds":
        """What `record` gave. Raises: UserError for anything else."""
        try:
            entries, thresholds = zip(*((int(size), float(at)) for size, at in record), strict=True)
        except (TypeError, ValueError):
            raise UserError(
                "thresholds of galleries should be pairs of entries, distance"
            ) from None
        return cls(entries, thresholds)


def of_galleries(embeddings: np.ndarray, people: np.ndarray, target: float) -> GalleryThresholds:
    """The thresholds at which at most `target` of strangers are named, with CONFIDENCE.

    Each picture's person is in turn the stranger, to galleries of one picture (the first) of each
    of some of the others; the mean over all such galleries is counted, not drawn. As many people
    as there are count as so many trials, and the upper end of the binomial's interval (Clopper and
    Pearson) is what has to be below `target`: with fewer than 149 people for 0.02, none is named.
    Args: embeddings (n, d) of people (n,), who are 3 or more.
    """
    names, first = np.unique(people, return_index=True)
    if len(names) < 3:
        raise UserError(f"pictures of at least 3 people are needed, there are {len(names)}")
    distances = scipy.spatial.distance.cdist(embeddings, embeddings[first])
    distances[people[:, None] == names] = np.inf
    largest = (len(names) - 1) // 2  # so that no gallery is nearly all there is
    sizes = tuple(size for size in SIZES if size <= largest)
    allowed = allowed_rate(len(names), target)
    ordered = np.sort(distances[np.isfinite(distances)])
    found = [_threshold(distances, ordered, size, len(names) - 1, allowed) for size in sizes]
    # One more entry cannot make it more lenient, however few the people it was measured on.
    return GalleryThresholds(sizes, tuple(np.minimum.accumulate(found).tolist()))


def allowed_rate(people: int, target: float) -> float:
    """The greatest rate among so many people from which others' is below `target`."""
    named = np.arange(people)
    upper = scipy.stats.beta.ppf(CONFIDENCE, named + 1, people - named)
    return float((upper <= target).sum() - 1) / people if upper[0] <= target else 0.0


def named(distances: np.ndarray, threshold: float, size: int, others: int) -> np.ndarray:
    """The part of all galleries of `size` of the `others` in which each picture is named.

    Args: distances (n, people), infinite to one's own person.
    Returns: (n,): one minus the chance that none of the near ones is among those drawn.
    """
    near = (distances <= threshold).sum(axis=1)
    far = others - near
    none = np.where(far >= size, _log_choose(np.maximum(far, size), size), -np.inf)
    return 1 - np.exp(none - _log_choose(np.array(others), size))


def _threshold(
    distances: np.ndarray, ordered: np.ndarray, size: int, others: int, allowed: float
) -> float:
    """The largest threshold, just below one of the `ordered` distances, of at most that rate."""
    low, high = 0, len(ordered) - 1  # the number of pairs that are accepted
    while low < high:
        middle = (low + high + 1) // 2
        threshold = np.nextafter(ordered[middle], -np.inf)
        if named(distances, threshold, size, others).mean() <= allowed:
            low = middle
        else:
            high = middle - 1
    return float(np.nextafter(ordered[low], -np.inf))


def _log_choose(of: np.ndarray, size: int) -> np.ndarray:
    gammaln = scipy.special.gammaln
    return gammaln(of + 1.0) - gammaln(size + 1.0) - gammaln(of - size + 1.0)
