"""Split expressions of TFDS, such as `train[:90%]+test`, by the very examples that they name."""

import tensorflow_datasets as tfds

from fivenets.core.errors import UserError


def example_places(builder: tfds.core.DatasetBuilder, split: str) -> set[tuple[str, int]]:
    """File and place in it of each example of a split; nothing is read for it.

    Raises: UserError where the data set has no such split, or it is empty.
    """
    try:
        parts = builder.info.splits[split].file_instructions
    except (ValueError, KeyError, AttributeError, AssertionError) as error:
        known = ", ".join(builder.info.splits)
        raise UserError(
            f"split {split} cannot be read ({known} are there, and parts such as train[:80%]): "
            f"{error}"
        ) from None
    places = {
        (str(part.filename), place)
        for part in parts
        for place in range(part.skip, part.skip + part.take)
    }
    if not places:
        raise UserError(f"split {split} holds no examples")
    return places


def split_names(split: str) -> set[str]:
    """The splits that an expression is made of."""
    return {part.partition("[")[0].strip() for part in split.split("+")}


def check_apart(builder: tfds.core.DatasetBuilder, train: str, test: str) -> None:
    """Checks that no example is both trained on and tested on.

    Raises: UserError with how many are, or where a split is not there or empty.
    """
    tested = example_places(builder, test)
    if shared := len(tested & example_places(builder, train)):
        raise UserError(
            f"train ({train}) and test ({test}) should have no example in common: {shared} of the "
            f"{len(tested)} to test on would have been trained on"
        )
