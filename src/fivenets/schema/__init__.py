"""What params.yaml may hold, checked as a whole before work begins; no TensorFlow is imported."""
