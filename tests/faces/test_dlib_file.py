"""dlib's serialisation: what a file says layer by layer, and what is said of one that is none."""

from pathlib import Path

import numpy as np
import pytest
from dlib_files import HEAD, KERNEL, MATRIX, NETWORK, real, text, whole

from fivenets.core.errors import UserError
from fivenets.faces import dlib_file, dlib_resnet


def read(folder: Path, content: bytes) -> list[dlib_file.Layer]:
    (folder / "net.dat").write_bytes(content)
    return dlib_file.read(folder / "net.dat")


def test_layers_come_in_the_order_of_their_work(tmp_path: Path) -> None:
    convolution, affine, relu, dense = read(tmp_path, NETWORK)
    assert isinstance(convolution, dlib_file.Convolution)
    np.testing.assert_array_equal(convolution.kernel, KERNEL)
    assert convolution.bias.tolist() == [0.5, -0.5]
    assert (convolution.strides, convolution.padding) == ((2, 1), (0, 0))
    assert isinstance(affine, dlib_file.Affine)
    assert (affine.scale.tolist(), affine.shift.tolist()) == ([2, 3], [10, 20])
    assert relu == dlib_file.Plain("relu_")
    assert isinstance(dense, dlib_file.Dense)
    np.testing.assert_array_equal(dense.kernel, MATRIX)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "1 to 100,000,000 bytes expected, it has 0"),
        (b"hello, world", "a whole number expected before byte 1"),
        (NETWORK[:-1], "it ends before"),
        (NETWORK + b"x", "1 bytes are left over"),
        (NETWORK.replace(b"fc_2", b"fc_3"), "a layer of con_4, .* expected, 'fc_3' received"),
        (NETWORK.replace(b"loss_metric_2", b"loss_metric_3"), "loss_metric_2 expected"),
        (NETWORK.replace(np.float32(20).tobytes(), np.float32(np.nan).tobytes()), "are finite"),
        (NETWORK.replace(real(5, -7), real(5, 32001), 1), "a finite number"),
        (HEAD + whole(7), "version 1, 2 or 3 of a layer"),
        (HEAD + whole(3) + text("input_grey"), "input_rgb_image_sized expected"),
    ],
)
def test_another_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(tmp_path, content)


def test_a_missing_file_and_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        dlib_file.read(tmp_path / "none.dat")
    read(tmp_path, NETWORK)
    with pytest.raises(UserError, match=r"net\.dat: 29 convolutions, each with an affine layer"):
        dlib_resnet.convert(tmp_path, seed=0)
