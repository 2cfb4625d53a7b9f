"""What an export is made of: a network that takes a picture's bytes, and what it is judged by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import keras
import numpy as np

Outputs = Mapping[str, np.ndarray]  # by name, (n, ...) each
T = TypeVar("T")
INPUT = "image"  # what the only input is called


@dataclass(frozen=True)
class Served:
    """A network as it leaves the project, with its preprocessing inside, and its test set."""

    # (n, height, width, channels) uint8 -> a dict of named outputs.
    network: keras.Model
    sides: tuple[int, int]  # height and width, also where a format cannot leave them free
    preparation: str  # how a picture becomes the input
    meanings: Mapping[str, str]  # of each output
    also: Mapping[str, Any]  # what else is needed to read the outputs, such as labels
    pictures: np.ndarray  # (n, height, width, channels) uint8, of the test set
    tested_on: str
    training: Sequence[np.ndarray]  # (height, width, channels) uint8, to choose int8's ranges by
    metric: str
    score: Callable[[Outputs], float]  # of the outputs for all `pictures`; more is better
    tolerance: float  # that an export's score may lie below Keras'
    # What the two give for all pictures -> more numbers on how they differ.
    apart: Callable[[Outputs, Outputs], dict[str, float]]


def asked(
    network: keras.Model, white: float, test_time_mirror: bool = False
) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
    """(a new uint8 input, the outputs of `network` for it); 255 is `white` to the network.

    test_time_mirror: whether they are the means of those for a picture and for its mirror image.
    """
    picture = keras.Input(network.input_shape[1:], dtype="uint8", name=INPUT)
    x = keras.ops.cast(picture, "float32")
    x = x if white == 255 else x * (white / 255)
    outputs = _outputs(network, x)
    if test_time_mirror:
        both = zip(outputs, _outputs(network, x[:, :, ::-1]), strict=True)
        outputs = [(one + other) / 2 for one, other in both]
    return picture, outputs


def _outputs(network: keras.Model, x: keras.KerasTensor) -> list[keras.KerasTensor]:
    outputs = network(x, training=False)
    return outputs if isinstance(outputs, list) else [outputs]


def named(
    network: keras.Model, white: float, names: Sequence[str], test_time_mirror: bool = False
) -> keras.Model:
    """The network for uint8 pictures, its outputs by name; 255 is `white` to it."""
    picture, outputs = asked(network, white, test_time_mirror)
    return keras.Model(picture, dict(zip(names, outputs, strict=True)), name=network.name)


def of_one_picture(served: Served) -> keras.Model:
    """The network for one picture of fixed sides, for what plans its memory beforehand."""
    *_, channels = served.network.input_shape
    picture = keras.Input((*served.sides, channels), batch_size=1, dtype="uint8", name=INPUT)
    return keras.Model(picture, served.network(picture, training=False), name=served.network.name)


def evenly(examples: Sequence[T], most: int) -> list[T]:
    """At most so many of the examples, evenly spaced."""
    count = len(examples)
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
    return [examples[int(index)] for index in chosen]
