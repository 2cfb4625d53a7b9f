"""Any MATLAB or HDF5 file of the course's: read by a child, or refused in one line."""

import io

import h5py
import numpy as np
import pytest
import scipy.io
from fuzzing import mutated, part_of_inputs
from hypothesis import given

from fivenets.course_files import matconvnet, old_keras

CHILDREN = 40  # other inputs, in the time that one child process takes


def mat() -> bytes:
    """A VGG of one convolution, as MatConvNet has it."""
    both, cells = np.empty(2, object), np.empty(1, object)
    both[:] = np.ones((3, 3, 3, 2), np.float32), np.ones((1, 2), np.float32)
    cells[0] = {"name": "conv1_1", "weights": both}
    stream = io.BytesIO()
    scipy.io.savemat(stream, {"layers": cells})
    return stream.getvalue()


def h5() -> bytes:
    """The weights of one layer, as Keras 2 has them."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as archive:
        archive.attrs["layer_names"] = [b"dense"]
        group = archive.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0"]
        group.create_dataset("dense/kernel:0", data=np.ones((2, 3), np.float32))
    return stream.getvalue()


@pytest.fixture
def write(tmp_path_factory):
    def write(content: bytes):
        file = tmp_path_factory.getbasetemp() / "any.file"
        file.write_bytes(content)
        return file

    return write


def test_what_is_mutated_can_be_read(write) -> None:
    kernels, unused = matconvnet.read(write(mat()))
    assert (list(kernels), unused) == (["block1_conv1"], [])
    description, arrays = old_keras.read(write(h5()))
    assert description is None
    assert arrays["dense"][0].shape == (2, 3)


@part_of_inputs(CHILDREN)
@given(mutated(mat()))
def test_matlab_files(answer, write, content: bytes) -> None:
    kernels, _ = answer(matconvnet.read, write(content)) or ({}, [])
    for kernel, bias in kernels.values():
        assert kernel.dtype == bias.dtype == np.float32
        assert kernel.shape[3:] == bias.shape


@part_of_inputs(CHILDREN)
@given(mutated(h5()))
def test_hdf5_files(answer, write, content: bytes) -> None:
    _, arrays = answer(old_keras.read, write(content)) or (None, {})
    assert all(one.dtype == np.float32 for every in arrays.values() for one in every)
