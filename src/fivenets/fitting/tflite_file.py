"""The convolutions of a TFLite file with quantised weights, as Keras takes them."""

from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError

Convolution = tuple[np.ndarray, np.ndarray]  # kernel (height, width, in, out), bias


def convolutions(file: Path) -> list[Convolution]:
    """Kernel and bias of each convolution, in the order in which they are computed, as float32.

    A weight is its scale times its integer, with one scale for each output channel (Jacob et al.
    2018). Depthwise kernels are (height, width, channels, 1).
    Raises: UserError where the file is no TFLite model, or its weights are kept otherwise.
    """
    # TensorFlow's own description of the format: the interpreter would run the model.
    from tensorflow.lite.python import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromPackedBuf(file.read_bytes(), 0)
        graph = model.subgraphs[0]
    except Exception as error:  # any kind: flatbuffers reads offsets of whatever bytes there are
        raise UserError(f"{file} is not a TFLite model ({type(error).__name__})") from None
    known = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
    found = []
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode in known:
            kernel, bias = (
                _values(model, graph.tensors[index], dtype, file)
                for index, dtype in zip(operator.inputs[1:], (np.int8, np.int32), strict=True)
            )
            found.append((kernel.transpose(1, 2, 3, 0), bias))
    return found


def _values(model, tensor, dtype: type, file: Path) -> np.ndarray:
    """The numbers of one tensor.

    Args: model, tensor: as the schema has them.
    """
    name, quantisation = tensor.name.decode(), tensor.quantization
    data = model.buffers[tensor.buffer].data
    if quantisation is None or quantisation.scale is None or data is None:
        raise UserError(f"{file}: {name} should be quantised, it is not")
    if np.any(quantisation.zeroPoint):
        raise UserError(f"{file}: {name} should have a zero point of 0")
    integers = np.frombuffer(bytes(data), dtype).reshape(tensor.shape)
    scales = np.ones(integers.ndim, int)
    scales[quantisation.quantizedDimension] = -1
    return integers * np.asarray(quantisation.scale, np.float32).reshape(scales)
