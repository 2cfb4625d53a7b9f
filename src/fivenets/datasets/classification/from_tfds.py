"""A data set of TFDS whose examples are a picture and its label."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets import overlap
from fivenets.datasets.storing import tfds_builder

TOLERATED = 0.01  # of a published split, which a user cannot mend: so much is said and no more


def builder_of(name: str, data_dir: Path, others: str) -> tfds.core.DatasetBuilder:
    """The set of this name, not yet downloaded; `others` says what else the name could have been.

    Raises: UserError where TFDS knows none, or its examples are something else.
    """
    builder = tfds_builder(name, data_dir, others)
    features = builder.info.features
    if not {"image", "label"} <= set(features or ()) or not isinstance(
        features["label"], tfds.features.ClassLabel
    ):
        raise UserError(f"{name} should have the features image and label, it has {list(features)}")
    image = features["image"]
    if not (
        isinstance(image, tfds.features.Image)
        and image.np_dtype == np.uint8
        and image.shape[-1] in (1, 3)
    ):
        raise UserError(f"{name} should have pictures of uint8 and 1 or 3 channels, it has {image}")
    return builder


def shared(
    builder: tfds.core.DatasetBuilder,
    expressions: Mapping[str, str],
    name: str,
    tolerated: float = TOLERATED,
) -> list[str]:
    """A sentence for each two splits, TFDS expressions by name, that share examples.

    Raises: UserError where two that were published share more than this part.
    """
    contents = overlap.of_tfds(builder, expressions)
    sentences = overlap.shared(contents)
    published: dict[str, dict[str, str]] = {}
    for split, expression in expressions.items():
        published.setdefault(expression.partition("[")[0], {}).update(contents[split])
    if overlap.largest_part(published) > tolerated:
        raise UserError(f"{name}: splits should share nothing: {'; '.join(sentences)}")
    return [f"{name}: {sentence}" for sentence in sentences]
