"""Builds the networks that params.yaml can name."""

from collections.abc import Mapping
from typing import Any

import keras

from fivenets.classification.settings import NETWORKS, check_network


def build(
    architecture: str, image_size: int, num_classes: int, network: Mapping[str, Any] | None = None
) -> keras.Model:
    """The named network for (image_size, image_size, 3) images, giving logits.

    Args: network: keyword arguments of its builder.
    Raises: UserError where the name, an argument or the size does not fit.
    """
    options = dict(network or {})
    check_network(architecture, options)
    builder = NETWORKS[architecture].builder(architecture)
    return builder((image_size, image_size, 3), num_classes, **options)
