"""The networks that params.yaml can name."""

from collections.abc import Callable

import keras

from fivenets.classification.signs_cnn import assignment_cnn, compact_cnn
from fivenets.errors import UserError

ARCHITECTURES: dict[str, Callable[[tuple[int, int, int], int], keras.Model]] = {
    "assignment_cnn": assignment_cnn,
    "compact_cnn": compact_cnn,
}


def build(architecture: str, image_size: int, num_classes: int) -> keras.Model:
    """The named network for (image_size, image_size, 3) images, giving logits."""
    if architecture not in ARCHITECTURES:
        raise UserError(
            f"architecture should be one of {', '.join(ARCHITECTURES)}, it is {architecture!r}"
        )
    return ARCHITECTURES[architecture]((image_size, image_size, 3), num_classes)
