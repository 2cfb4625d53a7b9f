"""The formats by name: what writes each, runs it, and says of how many operations it is int8.

A format is a module with `write`, `opened` and `kinds_of_operations`.
"""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fivenets.core.errors import UserError
from fivenets.exports.served import Outputs, Served

NAMES = ("litert", "onnx", "openvino", "saved_model")  # and those of their modules
INT8: dict[str, tuple[str, ...]] = {"litert": (), "openvino": ("nncf",)}  # packages it needs


class Format(Protocol):
    """What a module of a format has."""

    PACKAGES: tuple[str, ...]  # that are reported with a certificate

    def write(self, served: Served, folder: Path, training: Sequence[np.ndarray] | None) -> None:
        """Writes the files of the export; with pictures (1, height, width, channels), in int8."""
        ...

    def opened(self, folder: Path) -> Callable[[np.ndarray], Outputs]:
        """What answers (1, height, width, channels) uint8, by the files alone."""
        ...

    def kinds_of_operations(self, folder: Path) -> list[bool]:
        """Of each convolution and matrix product: whether its numbers and weights are int8."""
        ...


def check(name: str, int8: bool) -> None:
    """Raises: UserError where there is no format of this name, or it has no int8."""
    if name not in NAMES:
        raise UserError(f"--format should be one of {', '.join(NAMES)}, it is {name!r}")
    if int8 and name not in INT8:
        raise UserError(f"--int8 is for the formats {', '.join(INT8)}, --format is {name}")


def find(name: str, int8: bool) -> Format:
    """The format of this name.

    Raises: UserError where there is none, it has no int8, or packages are missing.
    """
    check(name, int8)
    try:
        for package in INT8[name] if int8 else ():
            importlib.import_module(package)
        found: Any = importlib.import_module(f"fivenets.exports.{name}")
    except ModuleNotFoundError as error:
        raise UserError(
            f"{name}{' with --int8' if int8 else ''} needs the package {error.name}: "
            "pip install '.[export]' in the project's folder"
        ) from None
    return found
