"""A small network as dlib writes it: a convolution that halves, an affine layer, ReLU, a matrix."""

import struct

import numpy as np

KERNEL = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2) / 10
MATRIX = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


def whole(value: int) -> bytes:
    size = max(1, -(-abs(value).bit_length() // 8))
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def text(value: str) -> bytes:
    return whole(len(value)) + value.encode()


def real(mantissa: int, exponent: int) -> bytes:
    return whole(mantissa) + whole(exponent)


def shape(*sides: int) -> bytes:
    return b"".join(map(whole, sides))


def tensor(*values: float) -> bytes:
    count = len(values)
    rest = struct.pack(f"<{count}f", *values)
    return whole(2) + shape(count, *[1 if count else 0] * 3) + rest


def layer(details: bytes) -> bytes:
    return details + b"110" + tensor() * 3


ONE, NONE = real(16, -4), whole(1) + shape(0, 0, 0, 0)
RATES = ONE + ONE + ONE + real(0, 11)
CONVOLUTION = layer(
    text("con_4")
    + tensor(*KERNEL.ravel(), 0.5, -0.5)
    + shape(2, 2, 2, 2, 1, 0, 0)
    + (whole(1) + shape(2, 3, 2, 2))
    + (whole(1) + shape(1, 2, 1, 1))
    + RATES
)
AFFINE = layer(
    text("affine_") + tensor(2, 3, 10, 20) + 2 * (whole(1) + shape(1, 2, 1, 1)) + whole(0)
)
DENSE = layer(
    text("fc_2")
    + shape(3, 2)
    + tensor(*MATRIX.ravel().tolist())
    + (whole(1) + shape(2, 3, 1, 1))
    + NONE
    + whole(1)
    + RATES
)
HEAD = whole(1) + text("loss_metric_2") + real(5, -7) + real(5, -3)
INPUT = text("input_rgb_image_sized") + real(122, 0) * 3 + shape(150, 150)
# Three layers and a tag above the one that has the input.
NETWORK = HEAD + shape(2, 2, 1, 2, 3) + INPUT + CONVOLUTION + whole(1)
NETWORK += AFFINE + layer(text("relu_")) + DENSE
