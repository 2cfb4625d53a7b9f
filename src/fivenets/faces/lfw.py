"""Labeled Faces in the Wild by its own protocols: View 1's DevTest pairs, View 2's ten folds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.datasets.faces.lfw import Pair
from fivenets.faces.verification import Pairs, best_threshold, curve_numbers, of_list, verify


def dev_test(
    embeddings: np.ndarray, names: np.ndarray, lists: Mapping[str, Sequence[Pair]]
) -> dict[str, Any]:
    """DevTest's 1,000 pairs; their accuracy is by the best threshold for the pairs of DevTrain.

    Args: embeddings (n, d) of the pictures of these names (n,). Returns: nothing of another set,
        and no accuracy where DevTrain's pictures are not among them.
    """
    rows = {str(name): row for row, name in enumerate(names)}
    scored, skipped = _at_hand(lists.get("devtest", ()), rows)
    if scored is None:
        return {}
    distances, found = scored.distances(embeddings), {}
    chosen_on, _ = _at_hand(lists.get("devtrain", ()), rows)
    if chosen_on is not None:
        threshold = best_threshold(chosen_on.distances(embeddings), chosen_on.is_same)
        accuracy = float(((distances <= threshold) == scored.is_same).mean())
        found = {"accuracy": accuracy, "threshold": threshold, "chosen_on": len(chosen_on.first)}
    return {
        **found,
        **curve_numbers(distances, scored.is_same),
        "pairs": len(distances),
        "pairs_skipped": skipped,
    }


def _at_hand(listed: Sequence[Pair], rows: Mapping[str, int]) -> tuple[Pairs | None, int]:
    try:
        return of_list(listed, rows)
    except UserError:
        return None, len(listed)


def view_2(
    embeddings: np.ndarray, names: np.ndarray, lists: Mapping[str, Sequence[Pair]]
) -> dict[str, Any]:
    """The 6,000 pairs: ten folds, each by the threshold that is best for the other nine.

    Raises: UserError where none of them is among the pictures of these names (n,).
    """
    rows = {str(name): row for row, name in enumerate(names)}
    pairs, skipped = of_list(lists.get("view2", ()), rows)
    distances = pairs.distances(embeddings)
    return {
        **verify(distances, pairs),
        **curve_numbers(distances, pairs.is_same),
        "pairs_skipped": skipped,
    }
