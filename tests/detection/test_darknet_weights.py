"""Every byte of a weights file is accounted for, in both directions."""

import struct

import numpy as np
import pytest
from darknet_networks import TINY, convolution, head, region, section
from random_weights import random_weights

from fivenets.core.errors import UserError
from fivenets.detection import darknet, weights

NETWORK = darknet.parse(TINY)


def content(major: int = 0, minor: int = 1) -> bytes:
    _, numbers = random_weights(NETWORK, seed=0)
    return weights.to_bytes(weights.Header(major, minor, 0, 7), numbers)


@pytest.mark.parametrize(
    ("major", "minor", "size"),
    [(0, 1, 16), (0, 2, 20), (1, 0, 20), (1, 999, 20), (1000, 0, 16), (1, 1000, 16)],
)
def test_seen_has_8_bytes_from_version_0_2_on(major: int, minor: int, size: int) -> None:
    assert weights.Header(major, minor, 0, 7).size == size
    read, numbers = weights.read(content(major, minor), NETWORK, "w")
    assert read.seen == 7
    assert weights.to_bytes(read, numbers) == content(major, minor)


def test_numbers_stand_in_darknets_order() -> None:
    # One filter of size 1 over 3 channels: bias, scale, mean, variance, then the kernel.
    text = section("net", width=8, height=8) + convolution(1, 1)
    data = struct.pack("<4i7f", 0, 1, 0, 0, *range(1, 8))
    _, (found,) = weights.read(data, darknet.parse(text), "w")
    assert [found.biases, found.scales, found.means, found.variances] == [1, 2, 3, 4]
    assert found.kernel.ravel().tolist() == [5, 6, 7]


def test_a_grouped_kernel_has_the_channels_of_a_group() -> None:
    net = section("net", width=8, height=8, channels=6)
    network = darknet.parse(net + section("convolutional", filters=4, groups=2, size=3))
    assert weights.kernel_shape(network.layers[0]) == (4, 3, 3, 3)
    plain = darknet.parse(net + section("convolutional"))
    assert weights.kernel_shape(plain.layers[0]) == (1, 6, 1, 1)
    assert not weights.is_normalised(plain.layers[0])


def test_folding_is_the_same_affine_function() -> None:
    # Of a filter's sum of x * 3, (x * 3 - 5) * scale / (sqrt(variance) + 1e-6) + 7.
    scales, variances = np.array([[2, -1, 3e-6], [4, 0.25, 4e-12]], np.float32)
    of_each = np.ones(3, np.float32)
    kernel = 3 * of_each.reshape(3, 1, 1, 1)
    given = weights.Convolution(7 * of_each, kernel, scales, 5 * of_each, variances)
    folded = given.folded()
    assert folded.kernel.ravel() == pytest.approx(np.array([3, -6, 3]), rel=1e-5)
    assert folded.biases == pytest.approx(7 - 5 * np.array([1, -2, 1]), rel=1e-5)
    assert folded.scales is None
    assert folded.folded() is folded


COUNTS = [weights.count_of(layer) for layer in weights.convolutions(NETWORK)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds 0 bytes"),
        (content()[:9], "holds 9 bytes: a weights file begins with 16 or 20"),
        (content(0, 2)[:17], "its header alone has 20"),
        (b"\n<!DOCTYPE html><html>404</html>", "is a web page, not a weights file"),
        (content()[:-4], "is cut short, or of another cfg: .*ends in convolution 3 of 3"),
        (content()[:-1], "is cut short"),
        (content()[:20], "ends in convolution 1 of 3 .cfg line 6."),
        (content()[: 16 + 4 * COUNTS[0]], "ends in convolution 2 of 3"),
        (content()[: -4 * COUNTS[-1]], "is cut short, or of another cfg"),
        (content()[:16] + bytes(4) + content()[16:], "so 16 bytes, but the file fits one of 20"),
        (struct.pack("<4i", 1001, 0, 0, 0) + content()[16:], "its version reads 1001.0.0"),
        (struct.pack("<4i", -1, 0, 0, 0) + content()[16:], "its version reads -1.0.0"),
        (struct.pack(">4i", 0, 2_000_000, 2, 0) + content()[16:], "is not a weights file"),
        (content() + b"\0", "1 bytes left over, cfg and weights disagree"),
        (struct.pack(">4i", 0, 2, 0, 0) + content()[16:], "big-endian .version 0.2.0."),
        (b"\x89PNG" * 1000, "is not a weights file: its version reads"),
        (content(0, 2)[:16] + content()[16:], "its header says version 0.2, so 20 bytes, but the"),
        (content()[:16] + struct.pack("<f", np.nan) + content()[20:], "holds NaN or infinity"),
        (content()[:112] + struct.pack("<f", -1) + content()[116:], "a variance of -1 in convolu"),
    ],
)
def test_a_wrong_file_is_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        weights.read(data, NETWORK, "w.weights")


def test_weights_of_other_classes_say_which_filters_would_fit() -> None:
    def cfg(classes: int) -> darknet.Network:
        net = section("net", width=32, height=32, channels=3)
        return darknet.parse(net + convolution(4) + head(classes) + region(classes))

    data = weights.to_bytes(*random_weights(cfg(80), seed=0))
    with pytest.raises(UserError, match="which fits 425 filters in the last convolution in place"):
        weights.read(data, cfg(20), "coco.weights")
    each = 4 * (1 + 4)  # the bias and the four weights of a filter
    some = weights.to_bytes(*random_weights(cfg(20), seed=0)) + 2 * each * b"\0"  # of 127 filters
    with pytest.raises(UserError, match="40 bytes left over"):
        weights.read(some, cfg(20), "w")


def test_a_filter_that_never_varied_is_read() -> None:
    network = darknet.parse(section("net", width=8, height=8) + convolution(1, 1))
    data = struct.pack("<4i7f", 0, 1, 0, 0, 1, 2, 3, 0, 5, 6, 7)
    _, (found,) = weights.read(data, network, "w")
    assert found.variances == [0]


def test_a_network_without_numbers_needs_a_file_of_a_header_only() -> None:
    network = darknet.parse(section("net", width=8, height=8) + section("maxpool", size=2))
    header = weights.Header(0, 1, 0, 7).to_bytes()
    assert weights.read(header, network, "w") == (weights.Header(0, 1, 0, 7), [])
    with pytest.raises(UserError, match="6 bytes left over"):
        weights.read(header + b"longer", network, "w")


def test_a_missing_file_is_a_sentence(tmp_path) -> None:
    with pytest.raises(UserError, match="no such weights file"):
        weights.read_file(tmp_path / "none", NETWORK)
