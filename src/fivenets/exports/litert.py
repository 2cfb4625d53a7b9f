"""LiteRT, formerly TensorFlow Lite: what telephones run."""

import os
import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from fivenets.core.quiet import held_back_stderr
from fivenets.exports.served import Outputs, Served, of_one_picture

with warnings.catch_warnings():  # its modules read os.PathLike's old name
    warnings.simplefilter("ignore")
    from ai_edge_litert.interpreter import Interpreter

PACKAGES: tuple[str, ...] = ("tensorflow-cpu", "tensorflow", "ai-edge-litert")
FILE = "model.tflite"
# What its C++ says each time, past every log level: that there is XNNPACK, int8's options, and, as
# an error, that the graph has an attribute which it then goes without.
NOISE = re.compile(rb"INFO: |fully_quantize: |.*NodeDef mentions attribute Truncate ")


def write(served: Served, folder: Path, training: Sequence[np.ndarray] | None) -> None:
    """Writes model.tflite, for one picture at a time."""
    with tempfile.TemporaryDirectory(prefix="fivenets-export-") as saved:
        of_one_picture(served).export(saved, format="tf_saved_model", verbose=False)
        with held_back_stderr(NOISE):
            converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if training is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([picture] for picture in training)
            # Without float operations to fall back to: what cannot be int8 is an error.
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        with held_back_stderr(NOISE):
            (folder / FILE).write_bytes(converter.convert())


def opened(folder: Path) -> Callable[[np.ndarray], Outputs]:
    """What answers (1, height, width, channels) uint8, by XNNPACK on all cores."""
    with held_back_stderr(NOISE):
        interpreter = Interpreter(str(folder / FILE), num_threads=os.cpu_count())
        interpreter.allocate_tensors()  # else at the first question, which would be heard
        (signature,) = interpreter.get_signature_list()
        runner = interpreter.get_signature_runner(signature)
    (name,) = runner.get_input_details()
    return lambda picture: runner(**{name: picture})


def kinds_of_operations(folder: Path) -> list[bool]:
    """Of each convolution and matrix product: whether input, weights and output are int8."""
    from tensorflow.lite.python import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf((folder / FILE).read_bytes(), 0)
    code = schema.BuiltinOperator
    # Where each has its input and its weights.
    places = dict.fromkeys((code.CONV_2D, code.DEPTHWISE_CONV_2D, code.FULLY_CONNECTED), (0, 1))
    places |= {code.TRANSPOSE_CONV: (2, 1), code.BATCH_MATMUL: (0, 1)}
    found = []
    for graph in model.subgraphs:
        for operator in graph.operators:
            kind = model.operatorCodes[operator.opcodeIndex].builtinCode
            if kind in places:
                used = [operator.inputs[place] for place in places[kind]] + [operator.outputs[0]]
                types = {graph.tensors[index].type for index in used}
                found.append(types == {schema.TensorType.INT8})
    return found
