"""The five networks of the convolutional-networks course, from raw data to registered models."""

import os

from fivenets.core.quiet import quieten

# TensorFlow greets every process with a dozen lines about the machine; errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
quieten("tensorflow")
