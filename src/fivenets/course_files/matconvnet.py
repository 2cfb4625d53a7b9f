"""MatConvNet's VGG-19, `imagenet-vgg-verydeep-19.mat` of the course's style assignment."""

from pathlib import Path

import numpy as np

from fivenets.core import sandbox
from fivenets.core.errors import UserError
from fivenets.course_files import old_keras
from fivenets.style.settings import BLOCKS

READER, LARGEST = "fivenets.course_files.mat_reader", 2**30  # bytes
Kernels = dict[str, tuple[np.ndarray, ...]]


def read(file: Path) -> tuple[Kernels, list[str]]:
    """(kernel, bias) by the names of `style.features`, BGR first as Caffe has them; and the tensors
    without a place, which are those of the classifier.

    Raises: UserError where the file is no such network.
    """
    with sandbox.reading(file, READER, "holds no network of MatConvNet") as child:
        arrays = old_keras.arrays_of(child, child.message(), LARGEST)
    kernels, unused = {}, {}
    for name, found in arrays.items():
        place = _place(name)
        if place is None:
            unused[name] = found
            continue
        shapes = [one.shape for one in found]
        if len(shapes) != 2 or len(shapes[0]) != 4 or shapes[1] != shapes[0][3:]:
            said = ", ".join(map(str, shapes))
            raise UserError(f"{file}: {name} should have one kernel and one bias, it has {said}")
        kernel, bias = found
        # MatConvNet's networks are asked in RGB; `features.load_weights` turns Caffe's BGR.
        kernels[place] = (kernel[:, :, ::-1] if kernel.shape[2] == 3 else kernel, bias)
    return kernels, old_keras.listed(unused)


def _place(name: str) -> str | None:
    """conv3_2 -> block3_conv2, where VGG-19 has that."""
    kind, _, index = name.removeprefix("conv").partition("_")
    if not name.startswith("conv") or not (kind.isdigit() and index.isdigit()):
        return None
    block, number = int(kind), int(index)
    counts = BLOCKS["vgg19"]
    is_known = 1 <= block <= len(counts) and 1 <= number <= counts[block - 1]
    return f"block{block}_conv{number}" if is_known else None
