"""Examples that are in two splits, told by their content: a score on them would be on what was
trained on."""

from collections.abc import Mapping
from itertools import combinations, permutations

import tensorflow_datasets as tfds

from fivenets.core.digests import sha256
from fivenets.datasets.opening import rows_of

Contents = Mapping[str, Mapping[str, str]]  # by split: names of examples by digest of their content


def shared(contents: Contents) -> list[str]:
    """For each two splits that share examples, how many and which is the first."""
    found = []
    for first, second in combinations(contents, 2):
        common = [digest for digest in contents[second] if digest in contents[first]]
        if common:
            found.append(
                f"{len(common):,} of the {len(contents[second]):,} different examples of {second} "
                f"are in {first} as well ({contents[second][common[0]]} is "
                f"{contents[first][common[0]]})"
            )
    return found


def largest_part(contents: Contents) -> float:
    """The largest part, 0..1, of any split that is in another one as well."""
    return max(
        (
            len(contents[first].keys() & contents[second].keys()) / max(1, len(contents[second]))
            for first, second in permutations(contents, 2)
        ),
        default=0.0,
    )


def of_tfds(builder: tfds.core.DatasetBuilder, splits: Mapping[str, str]) -> Contents:
    """The contents of a prepared set's splits.

    Args: splits: the TFDS expression of each. Images are compared as they are stored.
    """
    return {
        split: {
            sha256(row["image"]): f"example {index} of {expression}"
            for index, row in enumerate(rows_of(builder, expression))
        }
        for split, expression in splits.items()
    }
