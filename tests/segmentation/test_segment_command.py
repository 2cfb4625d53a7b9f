"""`fivenets segment`: what is printed, drawn and refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from striped import stripes

from fivenets.core import lettering


@pytest.fixture
def street(tmp_path: Path) -> Path:
    file = tmp_path / "street.png"
    Image.fromarray(stripes(120, 160)).save(file)
    return file


def test_a_table_of_shares_and_a_drawn_copy(fivenets, model, street, tmp_path) -> None:
    out = tmp_path / "coloured.png"
    code, printed, said = fivenets("segment", street, "--out", out, "--model", model)
    assert code == 0
    assert "red" in printed
    assert "50." in printed
    assert "green" not in printed  # no pixel is of it
    assert said == "note: Colours only.\n"
    drawn = np.asarray(Image.open(out))
    assert drawn.shape[1] == 160
    assert drawn.shape[0] > 120  # the legend is below
    red = drawn[60, 10].astype(float)
    expected = 0.45 * np.array([255, 0, 0]) + 0.55 * np.array(lettering.colour_of(0))
    assert red == pytest.approx(expected, abs=2)
    legend = drawn[120:].reshape(-1, 3)
    for label, is_named in ((0, True), (1, False), (2, True)):
        assert (legend == lettering.colour_of(label)).all(axis=1).any() == is_named
    assert (legend < 60).all(axis=1).any()  # letters


def test_json_has_the_shares_and_the_mask_the_numbers(fivenets, model, street, tmp_path) -> None:
    mask = tmp_path / "mask.png"
    code, printed, _ = fivenets("segment", street, "--json", "--mask", mask, "--model", model)
    found = json.loads(printed)
    assert code == 0
    assert found["image"] == str(street)
    assert found["mask"] == str(mask)
    assert set(found["shares"]) == {"red", "green", "blue"}
    values = np.asarray(Image.open(mask))
    assert values.shape == (120, 160)
    assert (values[0, 0], values[0, -1]) == (0, 2)
    assert found["shares"]["red"] == pytest.approx((values == 0).mean())


def test_it_says_where_it_has_written(fivenets, model, street, tmp_path) -> None:
    out, masks = tmp_path / "coloured.png", tmp_path / "masks"
    words = "segment", street, "--out", out, "--mask", masks, "--model", model
    said = fivenets.answered(*words).splitlines()
    assert said[-2:] == [
        f"{out}: {street} in the colours of its classes",
        f"{masks / 'street.png'}: {street} as class numbers",
    ]
    assert str(masks) not in fivenets.answered(*words[:2], "--model", model)


def test_several_pictures_go_into_a_folder_and_none_is_lost(fivenets, model, street, tmp_path):
    other, broken = tmp_path / "other" / "street.png", tmp_path / "no.png"
    other.parent.mkdir()
    Image.fromarray(stripes(30, 40)[:, ::-1].copy()).save(other)
    broken.write_bytes(b"no picture")
    out = tmp_path / "drawn"
    code, printed, said = fivenets(
        "segment", street, broken, other, "--out", out, "--json", "--model", model
    )
    assert code == 2
    assert [json.loads(line)["out"] for line in printed.splitlines()] == [
        str(out / "street.png"), str(out / "street-2.png"),
    ]  # fmt: skip
    assert "no.png is not an image" in said
    assert np.asarray(Image.open(out / "street-2.png")).shape[1] >= 40


def test_a_folder_may_have_a_dot_in_its_name(fivenets, model, street, tmp_path):
    (tmp_path / "run-v1.2").mkdir()
    code, _, said = fivenets("segment", street, "--out", tmp_path / "run-v1.2", "--model", model)
    assert code == 0, said
    assert (tmp_path / "run-v1.2" / "street.png").is_file()


def test_what_cannot_be_written_is_one_sentence_before_any_work(fivenets, model, street, tmp_path):
    for words, sentence in [
        ((street, "--out", tmp_path / "a.jpg"), "--out should end in .png"),
        ((street, "--mask", street), "is read by this command"),
        ((street, "--out", tmp_path / "no" / "a.png"), "is not there or cannot be written to"),
        ((street, "--out", tmp_path / "a.png", "--mask", tmp_path / "a.png"), "may be one file"),
        ((street, "--out", tmp_path, "--mask", tmp_path / "a.png"), "may be one file"),
        ((street, "--out", tmp_path / "a.png", "--mask", tmp_path), "may be one file"),
        ((street, street, "--out", tmp_path / "a.png"), "--out should be a folder for 2 pictures"),
    ]:
        assert sentence in fivenets.refused("segment", *words, "--model", model)
    assert not (tmp_path / "a.png").exists()
