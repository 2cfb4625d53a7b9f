"""Which format of numbers a network computes fastest in on this machine."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
FLAGS = {"avx512_bf16", "amx_bf16"}  # as Linux names the instructions; without them it is slower


def fastest_dtype(processor: Path = CPUINFO) -> str:
    """bfloat16 for TensorFlow on a processor that says it multiplies in it, else float32.

    A GPU stays at float32: it is fast enough.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return "float32"
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU") or not processor.is_file():
        return "float32"
    return "bfloat16" if FLAGS & set(processor.read_text().split()) else "float32"
