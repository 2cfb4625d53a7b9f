"""What a network takes for one input, told from its description alone: memory and arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Effort:
    """Bounds from above, for one input, of which a side that is free counts as one pixel."""

    numbers: int  # that all layers give
    alive: int  # of these, at one time, where each layer answers as soon as it can
    multiplications: int  # and comparisons

    @classmethod
    def of(cls, network: Any) -> "Effort":
        """That of a `keras.Model` with no other in it."""
        nodes = _in_order(network)
        numbers = multiplications = 0
        for node in nodes:
            weights, window = node.operation.count_params(), _window(node.operation)
            for output in node.output_tensors:
                given, places = _numbers(output.shape[1:]), _numbers(output.shape[1:-1])
                numbers += given
                multiplications += places * weights + given * window
        return cls(numbers, _alive(nodes, network.outputs), multiplications)


def _in_order(network: Any) -> list[Any]:
    """Keras' nodes, each after those that it needs."""
    by_depth = getattr(network, "_functional", network)._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _alive(nodes: Sequence[Any], outputs: Sequence[Any]) -> int:
    """How many numbers there are at most that somebody waits for."""
    sizes, made, used = {}, {}, {}
    for node in nodes:
        step = 1 + max((made[id(one)] for one in node.input_tensors), default=0)
        used |= {id(one): max(step, used[id(one)]) for one in node.input_tensors}
        for one in node.output_tensors:
            sizes[id(one)], made[id(one)], used[id(one)] = _numbers(one.shape[1:]), step, step
    last = max(made.values(), default=0)
    used |= {id(one): last for one in outputs}
    steps = range(1, last + 1)
    return max(
        (sum(size for one, size in sizes.items() if made[one] <= at <= used[one]) for at in steps),
        default=0,
    )


def _numbers(shape: Sequence[int | None]) -> int:
    return math.prod(side or 1 for side in shape)


def _window(layer: Any) -> int:
    """How many numbers a pooling compares or adds for each that it gives; 0 for another layer."""
    if "Pooling" not in type(layer).__name__:
        return 0
    own = getattr(layer, "size", 1)  # of Darknet's
    return math.prod(getattr(layer, "pool_size", (own, own)))
