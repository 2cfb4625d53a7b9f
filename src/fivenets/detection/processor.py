"""Which format of numbers a network computes fastest in on this machine."""

from pathlib import Path

import keras

FLAGS = {"avx512_bf16", "amx_bf16"}  # as Linux names the instructions; without them it is slower


def fastest_dtype(processor: Path = Path("/proc/cpuinfo")) -> str:
    """bfloat16 for TensorFlow on a processor that multiplies in it, else float32.

    A GPU stays at float32: it is fast enough.
    """
    if keras.backend.backend() != "tensorflow":
        return "float32"
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU") or not processor.is_file():
        return "float32"
    return "bfloat16" if FLAGS & set(processor.read_text().split()) else "float32"
