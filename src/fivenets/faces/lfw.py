"""Labeled Faces in the Wild by its own protocols: View 1's DevTest pairs, View 2's ten folds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fivenets.core.errors import UserError
from fivenets.datasets.faces.lfw import Pair
from fivenets.faces.verification import best_threshold, curve_numbers, of_list, verify


def dev_test(
    embeddings: np.ndarray, names: np.ndarray, lists: Mapping[str, Sequence[Pair]]
) -> dict[str, Any]:
    """DevTest's 1,000 pairs, by the best threshold for the pairs of DevTrain that are there.

    Args: embeddings (n, d) of the pictures of these names (n,). Returns: nothing of another set.
    """
    rows = {str(name): row for row, name in enumerate(names)}
    try:
        chosen_on, _ = of_list(lists.get("devtrain", ()), rows)
        scored, skipped = of_list(lists.get("devtest", ()), rows)
    except UserError:
        return {}
    distances = scored.distances(embeddings)
    threshold = best_threshold(chosen_on.distances(embeddings), chosen_on.is_same)
    return {
        "accuracy": float(((distances <= threshold) == scored.is_same).mean()),
        "threshold": threshold,
        **curve_numbers(distances, scored.is_same),
        "pairs": len(distances),
        "pairs_skipped": skipped,
    }


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
