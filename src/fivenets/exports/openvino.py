"""OpenVINO's IR, float32 or, by NNCF, int8."""

# pyright: reportMissingImports=false
# Packages of the extra `export`, which may be absent.

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from fivenets.exports.served import Outputs, Served
from fivenets.fitting.engine import OPTIONS

PACKAGES: tuple[str, ...] = ("openvino", "nncf")
FILE = "model.xml"
PRODUCTS = ("Convolution", "Deconvolution", "FullyConnected", "MatMul")  # as they are executed


def write(served: Served, folder: Path, training: Sequence[np.ndarray] | None) -> None:
    """Writes model.xml and model.bin."""
    with tempfile.TemporaryDirectory(prefix="fivenets-export-") as saved:
        served.network.export(saved, format="tf_saved_model", verbose=False)
        model = openvino.Core().read_model(saved)
        if training is not None:
            model = _in_int8(model, training)
        openvino.save_model(model, folder / FILE, compress_to_fp16=False)


def opened(folder: Path) -> Callable[[np.ndarray], Outputs]:
    """What answers (n, height, width, channels) uint8."""
    model = _compiled(folder)
    names = [output.get_any_name() for output in model.outputs]
    request = model.create_infer_request()

    def ask(picture: np.ndarray) -> Outputs:
        request.infer({0: picture})
        found = (np.array(tensor.data) for tensor in request.output_tensors)
        return dict(zip(names, found, strict=True))

    return ask


def kinds_of_operations(folder: Path) -> list[bool]:
    """Of each convolution and matrix product: whether this machine computes it in int8."""
    executed = [node.get_rt_info() for node in _compiled(folder).get_runtime_model().get_ops()]
    return [
        info["runtimePrecision"].astype(str) in ("i8", "u8")
        for info in executed
        if info["layerType"].astype(str) in PRODUCTS
    ]


def _compiled(folder: Path) -> Any:
    return openvino.Core().compile_model(folder / FILE, "CPU", OPTIONS)


def _in_int8(model: Any, training: Sequence[np.ndarray]) -> Any:
    import nncf
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    # The whole range that the pictures reach, as in LiteRT. By the default, the mean of their
    # ranges, ResNet-50 gives another label to 17% of the hands instead of 6%.
    reached = AdvancedQuantizationParameters(
        activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX
    )
    return nncf.quantize(
        model,
        nncf.Dataset(training),
        subset_size=len(training),
        preset=nncf.QuantizationPreset.MIXED,  # numbers that are never negative use all 8 bits
        advanced_parameters=reached,
    )
