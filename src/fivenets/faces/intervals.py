"""95% intervals over people: they, not pictures, are the chances that a data set has taken.

People are drawn with replacement as often as there are (percentile bootstrap). A pair counts as
often as both its people were drawn together; pairs of a person with its own copy do not count.
"""

import numpy as np

from fivenets.faces.verification import Pairs, of_curve

ENDS = (0.025, 0.975)
DRAWN_CURVES = 300  # by which those of a curve are estimated
MOST_DRAWN = 150_000  # pairs of two people whose curve is drawn again and again


def of_curve_numbers(distances: np.ndarray, pairs: Pairs, people: np.ndarray) -> dict[str, float]:
    """The intervals of `curve_numbers`; of very many pairs of two people, MOST_DRAWN take part.

    Args: people: (n,) the person on each image, of which there are at least 3.
    """
    rng, drawn = np.random.default_rng(0), []
    different = rng.permutation(np.flatnonzero(~pairs.is_same))[:MOST_DRAWN]
    rows = np.sort(np.concatenate([np.flatnonzero(pairs.is_same), different]))
    pairs, distances = pairs.only(rows), distances[rows]
    names, person = np.unique(people, return_inverse=True)
    first, second = person[pairs.first], person[pairs.second]
    rank = np.unique(distances, return_inverse=True)[1]
    while len(drawn) < DRAWN_CURVES:
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        weight = np.where(pairs.is_same, times[first], times[first] * times[second])
        if not (weight[pairs.is_same].any() and weight[~pairs.is_same].any()):
            continue  # one person alone has no pairs of two, people of one picture none of one
        drawn.append(weighted_numbers(rank, pairs.is_same, weight))
    return {
        f"{key}_{end}": float(np.quantile([one[key] for one in drawn], level))
        for key in drawn[0]
        for end, level in zip(("low", "high"), ENDS, strict=True)
    }


def weighted_numbers(rank: np.ndarray, is_same: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """`curve_numbers` of pairs that count `weight` times each; `rank` (p,) orders them, or ties."""
    same, different = (np.bincount(rank, weight * kind) for kind in (is_same, ~is_same))
    tar, far = np.cumsum(same) / same.sum(), np.cumsum(different) / different.sum()
    nearer = tar - same / (2 * same.sum())  # of a tie, half
    return {"auc": float((different * nearer).sum() / different.sum()), **of_curve(tar, far)}


def of_rates(
    accepted: np.ndarray, pairs: Pairs, people: np.ndarray, draws: int = 1000, seed: int = 0
) -> dict[str, float]:
    """FAR and TAR of what was accepted (p,) bool, with intervals.

    Where no pair of two people is accepted, the upper end is
    that of as many independent pairs: 3 in their number.
    """
    names, person = np.unique(people, return_inverse=True)
    count, rates = len(names), {}
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), draws)
    for key, kind in (("far", ~pairs.is_same), ("tar", pairs.is_same)):
        passed, every = (
            _drawn_pairs(person[pairs.first[rows]], person[pairs.second[rows]], times, key == "far")
            for rows in (kind & accepted, kind)
        )
        shares = passed[every > 0] / every[every > 0]
        low, high = np.quantile(shares, ENDS) if len(shares) else (0.0, 1.0)
        rate = float(accepted[kind].mean())
        high = 3 / kind.sum() if key == "far" and not rate else high
        rates |= {key: rate, f"{key}_low": float(low), f"{key}_high": float(high)}
    return rates


def _drawn_pairs(
    first: np.ndarray, second: np.ndarray, times: np.ndarray, is_of_two: bool
) -> np.ndarray:
    """How many pairs (draws,) there are of people who are drawn `times` (draws, people) each."""
    count = times.shape[1]
    if not is_of_two:
        return times @ np.bincount(first, minlength=count)
    counts = np.bincount(first * count + second, minlength=count**2).reshape(count, count)
    return ((times @ counts.astype(np.float32)) * times).sum(axis=1)


def of_mean(whose: np.ndarray, values: np.ndarray, count: int) -> dict[str, float]:
    """The mean of values (n,) that are of people (n,) 0..count - 1, and its interval."""
    total, sums = np.bincount(whose, minlength=count), np.bincount(whose, values, minlength=count)
    times = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), 1000)
    asked = times @ total
    low, high = np.quantile((times @ sums)[asked > 0] / asked[asked > 0], ENDS)
    return {"": float(values.mean()), "_low": float(low), "_high": float(high)}
