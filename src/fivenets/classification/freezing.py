"""Transfer learning: which layers of a network keep the weights that they came with."""

import keras

from fivenets.core.errors import UserError
from fivenets.core.params import suggestion
from fivenets.datasets.classification.prepared import ImageDataset, InMemory
from fivenets.fitting import inference
from fivenets.fitting.imagenet import LOGITS

UP_TO = "up_to:"
BATCH_SIZE = 64  # pictures whose features are computed at once


def freeze(network: keras.Model, what: str) -> None:
    """Lets all layers be trained but those to be frozen.

    Args: what: "all" but the logits, "none", or "up_to:LAYER", that one included.
    Raises: UserError where the network has no such layer.
    """
    names = [layer.name for layer in network.layers]
    if what == "none":
        frozen = 0
    elif what == "all":
        frozen = names.index(LOGITS)
    else:
        name = what.removeprefix(UP_TO)
        if name not in names or name == LOGITS:
            raise UserError(f"freeze: {network.name} has no layer {name}{suggestion(name, names)}")
        frozen = names.index(name) + 1
    for index, layer in enumerate(network.layers):
        layer.trainable = index >= frozen


def head(network: keras.Model, data: ImageDataset) -> tuple[keras.Model, InMemory]:
    """The logits by themselves, sharing their weights, and what comes before them of `data`.

    Where all else is frozen that is all there is to train: pictures go through the network once,
    not once an epoch.
    """
    logits = network.get_layer(LOGITS)
    trunk = keras.Model(network.input, logits.input)
    computed = {}
    for split in ("train", "validation"):
        if split in data.splits:
            images, labels = data.arrays(split)
            computed[split] = (inference.outputs(trunk, images, BATCH_SIZE), labels)
    into = keras.Input(logits.input.shape[1:])
    return keras.Model(into, logits(into), name=network.name), data.with_arrays(computed)
