"""Anything for a picture: an array of RGB bytes, or a sentence."""

import io

import numpy as np
from fuzzing import SEEDS, mutations
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from fivenets.core.images import FORMATS, MAX_PIXELS, MIN_SIDE, read_base64, read_image


def encoded(kind: str, mode: str) -> bytes:
    ramp = Image.fromarray(np.arange(12 * 16, dtype=np.uint8).reshape(12, 16))
    stream = io.BytesIO()
    ramp.convert(mode).save(stream, kind)
    return stream.getvalue()


FILES = [encoded(kind, "RGB") for kind in FORMATS]
FILES += [encoded("PNG", mode) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
FILES += [encoded("TIFF", mode) for mode in ("1", "L", "CMYK", "F", "I;16")]
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12)
DTYPES = st.one_of(arrays.scalar_dtypes(), arrays.array_dtypes(), arrays.unicode_string_dtypes())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)


def assert_is_picture(picture: np.ndarray | None) -> None:
    if picture is not None:
        assert picture.dtype == np.uint8
        assert picture.shape[2:] == (3,)
        assert min(picture.shape[:2]) >= MIN_SIDE
        assert picture.shape[0] * picture.shape[1] <= MAX_PIXELS


@given(SEEDS)
def test_image_files(answer, seed: int) -> None:
    for content in mutations(seed, *FILES):
        assert_is_picture(answer(read_image, content))


@given(arrays.arrays(DTYPES, SHAPES))
def test_arrays(answer, array: np.ndarray) -> None:
    assert_is_picture(answer(read_image, array))


@given(JSON)
def test_values_that_are_no_picture(answer, value: object) -> None:
    assert_is_picture(answer(read_image, value))


@given(st.text(st.characters(exclude_characters="\n")))
def test_paths(answer, path: str) -> None:
    assert_is_picture(answer(read_image, path))


@given(st.one_of(st.text(), st.text("ABCDwxyz0189+/=,:; \n"), st.text().map("base64,".__add__)))
def test_base64(answer, text: str) -> None:
    assert isinstance(answer(read_base64, text), bytes | None)
