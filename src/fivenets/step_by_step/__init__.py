"""The course's first assignment: convolution and pooling, forward and backward, in NumPy."""
