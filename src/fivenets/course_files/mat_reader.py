"""A stranger's MATLAB file -> the names and arrays of its `layers`. Run by `sandbox.reading`."""

import sys

import numpy as np
import scipy.io.matlab

from fivenets.core import sandbox

MEMORY, SECONDS = 3 * 2**30, 60  # the course's has 575 MB


def main() -> None:
    """Reads standard input; sends one message and all arrays, or one with an error."""
    with sandbox.answering(MEMORY, SECONDS):
        found = scipy.io.matlab.loadmat(
            sys.stdin.buffer, variable_names=["layers"], simplify_cells=True
        )
        if "layers" not in found:
            raise ValueError("it has no variable layers")
        layers = np.atleast_1d(found["layers"])  # a cell array of one comes without the array
        pairs = [(str(one["name"]), _arrays(one)) for one in layers]
        sandbox.send_arrays({}, [(name, array) for name, both in pairs for array in both])


def _arrays(layer: dict) -> list[np.ndarray]:
    """Kernel (height, width, in, out) and bias (out,), of a layer that has some."""
    weights = layer.get("weights", ())
    if "filters" in layer:  # before 2015
        weights = (layer["filters"], layer["biases"])
    if len(weights) != 2:
        return []
    kernel, bias = (np.asarray(one, np.float32) for one in weights)
    return [np.ascontiguousarray(kernel), bias.reshape(-1)]


if __name__ == "__main__":
    main()
