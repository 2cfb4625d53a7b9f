"""The five networks of the convolutional-networks course, from raw data to registered models."""

import os

# TensorFlow greets every process with a dozen lines about the machine; errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from fivenets.core import quiet  # noqa: F401  # imports nothing: it waits for TensorFlow
