"""The networks that params.yaml can name."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from fivenets.classification.resnet import resnet50
from fivenets.classification.signs_cnn import assignment_cnn, compact_cnn
from fivenets.classification.thin_resnet import thin_resnet
from fivenets.core.errors import UserError
from fivenets.core.params import check_arguments

ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {
    "assignment_cnn": assignment_cnn,
    "compact_cnn": compact_cnn,
    "resnet50": resnet50,
    "thin_resnet": thin_resnet,
}


def build(
    architecture: str, image_size: int, num_classes: int, network: Mapping[str, Any] | None = None
) -> keras.Model:
    """The named network for (image_size, image_size, 3) images, giving logits.

    Args: network: keyword arguments of its builder.
    Raises: UserError where the name, an argument or the size does not fit.
    """
    if architecture not in ARCHITECTURES:
        raise UserError(
            f"architecture should be one of {', '.join(ARCHITECTURES)}, it is {architecture!r}"
        )
    builder, arguments = ARCHITECTURES[architecture], dict(network or {})
    check_arguments(builder, arguments, "network")
    return builder((image_size, image_size, 3), num_classes, **arguments)
