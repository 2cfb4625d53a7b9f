"""Image classification: networks, training, evaluation, use."""
