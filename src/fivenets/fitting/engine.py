"""A saved network as it answers: by OpenVINO where its export is beside it, else by Keras.

OpenVINO starts in tenths of a second, where importing TensorFlow alone takes five. An export of
`model.keras` is three files beside it: `model.xml` and `model.bin`, which OpenVINO reads, and the
record `model.openvino.json`: what the .keras file says of its network, the digests of those three
files, and the certificate of `fitting.export`.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.sandbox import UntrustedFile
from fivenets.fitting import rebuilding
from fivenets.fitting.joining import Joined

log = logging.getLogger(__name__)

RECORD_ENDING = ".openvino.json"
# Told nothing, OpenVINO computes in bfloat16 where the processor can. All cores are on one batch.
OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


class NoExportError(Exception):
    """Why a file has no export that can answer for it."""


@dataclass(frozen=True)
class Export:
    """The files of an export."""

    xml: Path
    bin: Path
    record: Path

    @classmethod
    def of(cls, keras_file: Path) -> "Export":
        """Where they are, or would be."""
        return cls(*(keras_file.with_suffix(end) for end in (".xml", ".bin", RECORD_ENDING)))


class OpenVinoNetwork:
    """An exported network, asked as a `keras.Model` is, from any number of threads.

    Its input is (n, height, width, channels), a None in `input_shape` for each side that is free.
    """

    compiled = True

    def __init__(self, keras_file: Path, name: str):
        import openvino

        self.keras_file, self.name = keras_file, name
        xml = Export.of(keras_file).xml
        self._compiled = openvino.Core().compile_model(xml, "CPU", OPTIONS)
        self.input_shape = _shape(self._compiled.inputs[0])
        shapes = [_shape(output) for output in self._compiled.outputs]
        self.output_shape = shapes[0] if len(shapes) == 1 else shapes
        self._joined = Joined(self._infer)

    def predict_on_batch(self, inputs: Any) -> Any:
        """(n, ...) of the only output, or a list with one for each."""
        found = self._joined(np.ascontiguousarray(inputs, dtype=np.float32))
        return found[0] if len(found) == 1 else found

    def _infer(self, inputs: np.ndarray) -> list[np.ndarray]:
        request = self._compiled.create_infer_request()
        request.infer({0: inputs})
        return [np.array(tensor.data) for tensor in request.output_tensors]

    @cached_property
    def in_keras(self) -> Any:
        """The `keras.Model` that it is an export of, for gradients and for single weights."""
        from fivenets.fitting import model_files

        return model_files.load(self.keras_file)[0]


def load(keras_file: Path, is_exported: bool = True) -> tuple[Any, dict[str, Any]]:
    """The network and the metadata that `model_files.save` wrote to a `.keras` file.

    Args: is_exported: whether the lack of an export is worth a line; it is only where Keras has yet
        to be imported and somebody waits for that.
    Returns: an `OpenVinoNetwork`, or a `keras.Model`; of an `UntrustedFile` the latter, whatever
        export lies beside it.
    Raises: UserError where there is no such file, or it is not a model saved here.
    """
    try:
        return exported(keras_file)
    except NoExportError as why:
        if is_exported and os.path.isfile(keras_file) and "keras" not in sys.modules:
            log.warning("%s: Keras answers, which takes seconds to start: %s", keras_file.name, why)
    if isinstance(keras_file, UntrustedFile):
        return rebuilding.load(keras_file)  # whose child reads while Keras is imported
    from fivenets.fitting import model_files

    return model_files.load(keras_file)


@contextmanager
def understood(keras_file: Path) -> Iterator[None]:
    """A block that takes a file's metadata apart, which may be anybody's.

    Raises: UserError where they make no sense to it.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UserError(
            f"{keras_file} is not a usable .keras model: its metadata make no sense ({what})"
        ) from None


def exported(keras_file: Path) -> tuple[OpenVinoNetwork, dict[str, Any]]:
    """The export beside a `.keras` file.

    Raises: NoExportError where there is none, or it is of another file, damaged, or unreadable,
        or beside an `UntrustedFile`.
    """
    if isinstance(keras_file, UntrustedFile):
        raise NoExportError("it was not made here, and is rebuilt")
    files = Export.of(keras_file)
    try:
        record = json.loads(files.record.read_text())
        digests, name, metadata = record["sha256"], record["name"], record["metadata"]
        for file in (keras_file, files.xml, files.bin):
            if sha256(file) != digests[file.suffix]:
                raise NoExportError(f"the export beside it does not fit {file.name}")
        return OpenVinoNetwork(keras_file, name), metadata
    except FileNotFoundError as error:
        raise NoExportError(f"it has no {Path(error.filename).name} beside it") from None
    except ImportError:
        raise NoExportError("OpenVINO is not installed") from None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise NoExportError(f"the export beside it cannot be read: {first_line}") from None


def save(network: Any, keras_file: Path, metadata: dict[str, Any]) -> None:
    """As `model_files.save`."""
    from fivenets.fitting import model_files

    model_files.save(in_keras(network), keras_file, metadata)


def in_keras(network: Any) -> Any:
    """The `keras.Model` of what `load` gave."""
    return network.in_keras if isinstance(network, OpenVinoNetwork) else network


def _shape(port: Any) -> tuple[int | None, ...]:
    return tuple(side.get_length() if side.is_static else None for side in port.partial_shape)
