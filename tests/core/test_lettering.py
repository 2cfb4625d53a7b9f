"""Names in other languages are drawn in their letters, and what has none is said."""

import logging

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image, ImageDraw

from fivenets.core import lettering


def pixels(text: str) -> np.ndarray:
    picture = Image.new("L", (300, 40))
    ImageDraw.Draw(picture).text((2, 2), text, 255, lettering.font(24))
    return np.asarray(picture)


@pytest.mark.parametrize("text", ["Größe", "naïve čaj", "Ελλάδα", "собака", "łódź Øre"])
def test_latin_greek_and_cyrillic_have_letters_of_their_own(text: str) -> None:
    assert lettering.drawable(text) == text
    letters = sorted(set(text) - {" "})
    drawn = {pixels(letter).tobytes() for letter in letters}
    assert len(drawn) == len(letters)  # boxes are all alike
    assert pixels("\uffff").tobytes() not in drawn


def test_what_the_font_lacks_is_drawn_by_number_and_said(caplog) -> None:
    lettering.drawable.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert lettering.drawable("кот 猫 2") == "кот U+732B 2"
        assert lettering.drawable("кот 猫 2") == "кот U+732B 2"  # and is said once
        assert lettering.drawable("犬") == "U+72AC"
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert said[0] == "кот 猫 2: DejaVu Sans has no 猫 (U+732B): drawn by number"


def test_a_name_from_a_mac_is_composed() -> None:
    assert lettering.drawable("cafe\u0301") == "café"


def test_figures_warn_of_no_glyph_and_take_dollars_for_dollars() -> None:
    figure, axes = plt.subplots()
    title = axes.set_title(lettering.in_figure("$a_ и $b 猫"))
    figure.canvas.draw()  # a warning is an error here, and so is a formula that is none
    assert title.get_text() == r"\$a_ и \$b U+732B"
    plt.close(figure)


def test_no_two_of_a_dozen_classes_look_alike() -> None:
    colours = np.array([lettering.colour_of(label) for label in range(12)], float)
    apart = np.abs(colours[:, None] - colours).max(axis=-1) + 255 * np.eye(12)
    assert apart.min() > 60  # of 255, in one of red, green and blue
