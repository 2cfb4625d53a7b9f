"""Edges of a picture by the course's filters, and a filter that is learned from examples."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.step_by_step import strides
from fivenets.step_by_step.edges import SCHARR, edges, learned


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """A white square on black."""
    image = np.zeros((20, 30, 3), np.uint8)
    image[5:15, 10:20] = 255
    Image.fromarray(image).save(tmp_path / "square.png")
    return tmp_path / "square.png"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("vertical", (True, False)),
        ("horizontal", (False, True)),
        ("sobel", (True, True)),
        ("scharr", (True, True)),
    ],
)
def test_a_filter_sees_the_edges_of_its_direction(name, seen, square, fivenets) -> None:
    out = square.with_name("edges.png")
    code, said, _ = fivenets("edges", square, "--filter", name, "--out", out)
    assert (code, said) == (0, f"{out}: 30x20 pixels, edges by {name}\n")
    drawn = np.asarray(Image.open(out))
    assert (drawn[10, 10] > 200, drawn[5, 15] > 200) == seen  # at its left, and above
    assert drawn[10, 15] == drawn[0].max() == 0  # inside it, and at the picture's own border
    assert drawn.max() == 255


def test_an_unknown_filter_and_an_overwritten_picture_are_refused(square, fivenets) -> None:
    before = square.read_bytes()
    assert "one of vertical, horizontal, sobel, scharr, it is 'canny'" in fivenets.refused(
        "edges", square, "--filter", "canny", "--out", "canny.png"
    )
    assert fivenets("edges", square, "--out", square)[0] == 2
    assert square.read_bytes() == before


def test_a_dark_picture_is_not_brightened_to_noise() -> None:
    assert edges(np.full((9, 9, 3), 7, np.uint8), "scharr").max() == 0


def test_scharrs_filter_is_learned_from_what_it_gives() -> None:
    pictures = np.random.default_rng(0).random((4, 12, 12, 1))
    kernel = SCHARR[..., None, None].astype(float)
    responses, _ = strides.conv_forward(pictures, kernel, np.zeros(1), {"stride": 1, "pad": 0})
    assert np.abs(learned(pictures, responses) - SCHARR).max() < 1e-2
    assert np.abs(learned(pictures, responses, steps=2) - SCHARR).max() > 1  # it is not told
