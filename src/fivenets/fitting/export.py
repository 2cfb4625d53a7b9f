"""Writes a saved network once more, for OpenVINO, if that computes the same.

The certificate: on pictures and on noise, no output differs from Keras' by more than a tolerance, a
part of the largest output. Both compute in float32.
"""

import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.fitting import inference, model_files
from fivenets.fitting.engine import Export, OpenVinoNetwork

FREE_SIDE = 96  # pixels of a picture for a network that takes any size
TIMED = 5  # calls


class NotEqualError(Exception):
    """The export computes something else: there is none."""


def export(
    keras_file: Path, pictures: Sequence[np.ndarray], largest: float, tolerance: float
) -> dict[str, Any]:
    """Writes the export of a `.keras` file beside it; returns its record.

    Args: pictures: (height, width, 3) uint8, to compare on. largest: what 255 is to the network.
        tolerance: of the certificate.
    Raises: NotEqualError; what Keras or OpenVINO raise where they cannot export it.
    """
    target = Export.of(keras_file)
    try:
        with keras.device("cpu:0"):  # a GPU multiplies in fewer digits than float32 has
            record = _written(keras_file, target, pictures, largest, tolerance)
    except BaseException:
        for file in (target.xml, target.bin):
            file.unlink(missing_ok=True)
        raise
    files.write_text(target.record, json.dumps(record, indent=2) + "\n")
    return record


def compared(network: Any, exported: Any, inputs: np.ndarray, tolerance: float) -> dict[str, Any]:
    """The certificate: how far the outputs of two networks are apart, and how long each takes.

    Raises: NotEqualError beyond the tolerance.
    """
    expected = inference.all_outputs(network, inputs, len(inputs))
    found = inference.all_outputs(exported, inputs, len(inputs))
    shapes = [[array.shape for array in arrays] for arrays in (expected, found)]
    if shapes[0] != shapes[1]:
        raise NotEqualError(f"outputs are {shapes[1]} in place of {shapes[0]}")
    differences = [
        np.abs(one - other).max() / max(float(np.abs(one).max()), 1e-30)
        for one, other in zip(expected, found, strict=True)
    ]
    difference = float(np.max(differences))  # NumPy's, which a NaN of any output is
    if not difference <= tolerance:  # a NaN is none of less
        raise NotEqualError(f"outputs differ by {difference:.1e} of the largest")

    def took(engine: Any) -> float:
        call = partial(inference.all_outputs, engine, inputs[:1], 1)
        return round(inference.milliseconds(call, TIMED), 2)

    return {
        "openvino": importlib.metadata.version("openvino"),
        "keras": keras.version(),
        "inputs": len(inputs),
        "max_difference": difference,
        "tolerance": tolerance,
        "keras_ms": took(network),
        "openvino_ms": took(exported),
    }


def inputs_of(network: Any, pictures: Sequence[np.ndarray], largest: float) -> np.ndarray:
    """(n, height, width, channels) float32 as the network takes them: the pictures, and noise."""
    import cv2

    height, width, channels = (side or FREE_SIDE for side in network.input_shape[1:])
    shown = [cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in pictures]
    noise = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), np.uint8)
    batch = np.stack([*shown, *noise]).astype(np.float32) * (largest / 255)
    return batch if channels == 3 else batch.mean(axis=-1, keepdims=True)


def _written(
    keras_file: Path,
    target: Export,
    pictures: Sequence[np.ndarray],
    largest: float,
    tolerance: float,
) -> dict[str, Any]:
    network, metadata = model_files.load(keras_file)
    _convert(network, target)
    exported = OpenVinoNetwork(keras_file, network.name)
    certificate = compared(network, exported, inputs_of(network, pictures, largest), tolerance)
    certificate["bytes"] = target.xml.stat().st_size + target.bin.stat().st_size
    return {
        "sha256": {file.suffix: sha256(file) for file in (keras_file, target.xml, target.bin)},
        "name": network.name,
        "metadata": metadata,
        "certificate": certificate,
    }


def _convert(network: keras.Model, target: Export) -> None:
    import openvino

    with tempfile.TemporaryDirectory(prefix="fivenets-export-") as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        # Not by `openvino.convert_model`, which tells its makers that it was used.
        model = openvino.Core().read_model(folder)
        openvino.save_model(model, Path(folder, "model.xml"), compress_to_fp16=False)
        for file in (target.bin, target.xml):
            with files.replacing(file) as part:
                shutil.copyfile(Path(folder, f"model{file.suffix}"), part)
