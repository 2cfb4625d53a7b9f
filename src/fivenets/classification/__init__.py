"""Image classification: networks, training, evaluation, use."""

import fivenets.quiet  # noqa: F401
