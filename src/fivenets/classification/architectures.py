"""Builds the networks that params.yaml can name."""

from collections.abc import Mapping
from typing import Any

import keras

from fivenets.classification.settings import NETWORKS, check_network
from fivenets.core.errors import UserError


def build(
    architecture: str, image_size: int, num_classes: int, network: Mapping[str, Any] | None = None
) -> keras.Model:
    """The named network for (image_size, image_size, 3) images, giving logits.

    Args: network: keyword arguments of its builder.
    Raises: UserError where the name, an argument or the size does not fit.
    """
    options = dict(network or {})
    check_network(architecture, options)
    known = NETWORKS[architecture]
    if image_size < known.smallest_side:
        raise UserError(
            f"{architecture} takes pictures of at least {known.smallest_side} pixels a side: "
            f"image_size is {image_size}"
        )
    return known.builder(architecture)((image_size, image_size, 3), num_classes, **options)
