"""ONNX, by tf2onnx: what ONNX Runtime and many others run."""

# pyright: reportMissingImports=false
# Packages of the extra `export`, which may be absent.

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import tf2onnx  # noqa: F401  # Keras imports it, and would fail later

from fivenets.exports.served import INPUT, Outputs, Served

PACKAGES: tuple[str, ...] = ("tf2onnx", "onnx", "onnxruntime")
FILE = "model.onnx"


def write(served: Served, folder: Path, training: Sequence[np.ndarray] | None) -> None:
    """Writes model.onnx."""
    served.network.predict_on_batch(served.pictures[:1])  # Keras wants it to have been called
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy's names that are to come, which Keras asks for
        served.network.export(str(folder / FILE), format="onnx", verbose=False)


def opened(folder: Path) -> Callable[[np.ndarray], Outputs]:
    """What answers (n, height, width, channels) uint8."""
    session = onnxruntime.InferenceSession(folder / FILE, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda picture: dict(zip(names, session.run(names, {INPUT: picture}), strict=True))


def kinds_of_operations(folder: Path) -> list[bool]:
    """None is int8."""
    return []
