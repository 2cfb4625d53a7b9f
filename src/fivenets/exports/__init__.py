"""Networks for other runtimes, each written with the evidence that it answers as Keras does."""
