"""MTCNN's three networks as its package `mtcnn` trained them, computed by OpenVINO.

The package is read and not imported: that would import TensorFlow, which takes seconds. Its own
networks are of the same layers, and its test compares both (`tests/faces/test_alignment.py`).
"""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

# As in `fitting.engine`, on which preparing data should not depend.
OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


@dataclass(frozen=True)
class Layout:
    """A network: convolutions, each followed by a pooling or not, and what it says at its end."""

    weights: str  # the package's file
    side: int | None  # pixels of the squares that it takes; None: it takes pictures of any size
    poolings: tuple[tuple[int, str] | None, ...]  # after each convolution: its window and padding
    answers: int  # of which the last are the probabilities of no face, and of one


LAYOUTS = (
    Layout("pnet.lz4", None, ((2, "same_upper"), None, None), 2),
    Layout("rnet.lz4", 24, ((3, "same_upper"), (3, "valid"), None), 2),
    Layout("onet.lz4", 48, ((3, "same_upper"), (3, "valid"), (2, "same_upper"), None), 3),
)
POOLING_STRIDE = 2


class CascadeNetwork:
    """One of the three: (n, height, width, 3) float32 in -1..1 -> its answers, a float32 each."""

    def __init__(self, layout: Layout):
        import openvino

        # Beside a process like this one, others have the other cores.
        threads = {"INFERENCE_NUM_THREADS": 1} if multiprocessing.parent_process() else {}
        self._compiled = openvino.Core().compile_model(_model(layout), "CPU", OPTIONS | threads)

    def __call__(self, pictures: np.ndarray) -> list[np.ndarray]:
        request = self._compiled.create_infer_request()  # threads share none
        request.infer({0: pictures})
        return [np.array(tensor.data) for tensor in request.output_tensors]


@cache
def networks() -> tuple[CascadeNetwork, ...]:
    """All three, in the order of the cascade."""
    return tuple(map(CascadeNetwork, LAYOUTS))


def _model(layout: Layout) -> Any:
    import openvino
    from openvino import opset13 as ops

    weights, side = _weights(layout), layout.side or -1
    picture = ops.parameter([-1, side, side, 3], np.float32, name="pictures")
    x = ops.transpose(picture, [0, 3, 1, 2])
    for pooling in layout.poolings:
        x = ops.prelu(_convolution(x, next(weights), next(weights)), next(weights).reshape(-1))
        if pooling:
            window, padding = pooling
            x = ops.max_pool(
                x, [POOLING_STRIDE] * 2, [1, 1], [0, 0], [0, 0], [window] * 2, auto_pad=padding
            ).output(0)
    if layout.side:
        # The package flattens columns before rows before channels.
        x = ops.reshape(ops.transpose(x, [0, 3, 2, 1]), [0, -1], special_zero=True)
        x = ops.prelu(_dense(x, next(weights), next(weights)), next(weights))
        answers = [_dense(x, next(weights), next(weights)) for _ in range(layout.answers)]
    else:
        maps = [_convolution(x, next(weights), next(weights)) for _ in range(layout.answers)]
        answers = [ops.transpose(one, [0, 2, 3, 1]) for one in maps]
    answers[-1] = ops.softmax(answers[-1], axis=-1)
    made: Any = openvino.Model  # of which the package has two stubs that disagree
    return made(answers, [picture], layout.weights)


def _convolution(x: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
    from openvino import opset13 as ops

    filters = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))  # (out, in, height, width)
    return ops.add(ops.convolution(x, filters, [1, 1], [0, 0], [0, 0], [1, 1]), bias[:, None, None])


def _dense(x: Any, matrix: np.ndarray, bias: np.ndarray) -> Any:
    from openvino import opset13 as ops

    return ops.add(ops.matmul(x, matrix, False, False), bias)


def _weights(layout: Layout) -> Iterator[np.ndarray]:
    """In the order of the layers: of each its kernel, its bias, and the slopes of its PReLU."""
    import joblib

    package = find_spec("mtcnn")
    assert package
    yield from joblib.load(Path(str(package.origin)).parent / "assets" / "weights" / layout.weights)
