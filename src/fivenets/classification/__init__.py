"""Image classification: networks, training, evaluation, use."""

import fivenets.core.quiet  # noqa: F401
