"""Patches that excite a unit, and where a classifier looks: `fivenets look`."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from fivenets.core.images import read_image
from fivenets.fitting import model_files
from fivenets.looking.arithmetic import table
from fivenets.looking.patches import excited, layers_to_show
from fivenets.looking.sheet import cut_out

SPOTS = [(5, 21), (13, 9), (31, 3)]  # row and column of a white pixel in each of three pictures


@pytest.fixture
def network() -> keras.Model:
    """Two units on the sum of 3x3 pixels: one likes light, the other nothing; then pooled."""
    network = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(2, 3, strides=2, padding="same", activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(2, name="logits"),
        ]
    )
    kernel = np.zeros((3, 3, 3, 2), np.float32)
    kernel[1, 1, :, 0], kernel[1, 1, :, 1] = 1, -1
    network.get_layer("conv").set_weights([kernel, np.zeros(2)])
    return network


@pytest.fixture
def pictures() -> list[np.ndarray]:
    made = [np.zeros((32, 32, 3), np.uint8) for _ in SPOTS]
    for brightness, (picture, spot) in enumerate(zip(made, SPOTS, strict=True), start=1):
        picture[spot] = 80 * brightness
    return made


def test_the_brightest_spot_is_found_with_all_that_its_unit_sees(network, pictures) -> None:
    (found,) = excited(network, pictures)
    assert found.values[:, 0].tolist() == [3 * 240, 3 * 160, 3 * 80]
    assert found.pictures[:, 0].tolist() == [2, 1, 0]
    for rank, number in enumerate(found.pictures[:, 0]):
        row, column = SPOTS[number]
        assert found.box(rank, 0) == (column - 1, row - 1, column + 2, row + 2)
    assert found.alive == [0]
    # The lowest spot's patch reaches over the edge; what is cut out does not.
    assert cut_out(pictures[2], found.box(0, 0)).shape == (2, 3, 3)


def test_a_block_is_shown_once_and_what_only_pools_is_not(network: keras.Model) -> None:
    assert [row.name for row in layers_to_show(table(network))] == ["conv"]


@pytest.fixture
def files(network, pictures, tmp_path: Path) -> tuple[Path, Path]:
    """A classifier and a folder of pictures."""
    model_files.save(network, tmp_path / "x.keras", {"labels": ["dark", "light"]})
    (tmp_path / "pictures").mkdir()
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"pictures/{number}.png")
    return tmp_path / "x.keras", tmp_path / "pictures"


def test_the_command_draws_a_sheet_and_lists_every_unit(files, tmp_path, fivenets) -> None:
    model, folder = files
    out = tmp_path / "sheet.png"
    (folder / "0.jpg").write_text("no picture")
    code, said, noted = fivenets("look", model, "--patches", folder, "--out", out, "--json")
    assert f"left out: {folder / '0.jpg'} is not an image" in noted
    rows = [json.loads(line) for line in said.splitlines()]
    assert (code, [(row["layer"], row["unit"]) for row in rows]) == (0, [("conv", 0), ("conv", 1)])
    best = rows[0]["patches"][0]
    assert best == {"image": str(folder / "2.png"), "box": [2, 30, 5, 33], "value": 720}
    # The dead unit has no square; of nine tiles of the other, three are filled.
    with Image.open(out) as sheet:
        assert len(sheet.getcolors(10_000) or ()) > 3
    code, said, _ = fivenets("look", model, "--patches", folder, "--out", out)
    assert (code, "2 units of 1 layers over 3 pictures" in said) == (0, True)


@pytest.mark.parametrize(
    ("metadata", "white"), [({"features": ""}, 1), ({"header": []}, 1), ({"labels": ["a"]}, 255)]
)
def test_a_network_is_shown_pictures_in_its_range(
    network, files, metadata: dict, white: int, tmp_path, fivenets
) -> None:
    model_files.save(network, tmp_path / "y.keras", metadata)
    words = "look", tmp_path / "y.keras", "--patches", files[1], "--json"
    first = json.loads(fivenets(*words)[1].splitlines()[0])
    assert first["patches"][0]["value"] == pytest.approx(720 / 255 * white, abs=1e-4)


def test_a_network_of_other_pictures_is_refused(files, tmp_path, fivenets) -> None:
    image = keras.Input((None, 32, 1))
    grey = keras.Model(image, layers.Conv2D(2, 3)(image))
    model_files.save(grey, tmp_path / "grey.keras", {})
    words = "look", tmp_path / "grey.keras", "--patches", files[1], "--json"
    assert "networks of pictures in colour: this one takes ?x32x1" in fivenets.refused(*words)


def two_inputs() -> keras.Model:
    pair = [keras.Input((32, 32, 3)) for _ in range(2)]
    return keras.Model(pair, layers.Conv2D(2, 3)(layers.Concatenate()(pair)))


def one_layer_twice() -> keras.Model:
    image, layer = keras.Input((32, 32, 3)), layers.Conv2D(3, 3, padding="same", name="both")
    return keras.Model(image, layer(layer(image)))


def for_larger_pictures() -> keras.Model:
    image = keras.Input((None, None, 3))
    return keras.Model(image, layers.Conv2D(2, 3)(layers.MaxPooling2D(500)(image)))


def unbuilt() -> keras.Model:
    return keras.Sequential([layers.Conv2D(2, 3)])


def not_finite() -> keras.Model:
    network = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(2, 3)])
    network.set_weights([np.full_like(value, np.nan) for value in network.get_weights()])
    return network


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
@pytest.mark.parametrize(
    ("build", "trusted", "rebuilt"),
    [
        (two_inputs, "this one takes 32x32x3 and 32x32x3", "this one takes 32x32x3 and 32x32x3"),
        (one_layer_twice, "its layer both more than once", "its layer both more than once"),
        (for_larger_pictures, "it cannot answer: ", "it cannot answer: "),
        (unbuilt, "it cannot answer: Sequential model", "it describes no network with an input"),
        (not_finite, "numbers that are not finite", "numbers that are not finite"),
    ],
)
def test_whatever_a_stranger_sends_is_a_sentence(
    build: Callable[[], keras.Model], trusted: str, rebuilt: str, files, tmp_path, fivenets
) -> None:
    file = tmp_path / "theirs.keras"
    build().save(file)
    words = "look", file, "--patches", files[1], "--out", tmp_path / "sheet.png"
    assert rebuilt in fivenets.refused(*words)
    assert trusted in fivenets.refused(*words, "--trust")
    assert not (tmp_path / "sheet.png").exists()


def test_the_table_of_what_a_stranger_sends_is_a_sentence(tmp_path, fivenets) -> None:
    one_layer_twice().save(tmp_path / "theirs.keras")
    said = fivenets.refused("look", tmp_path / "theirs.keras")
    assert "uses its layer both more than once, and `look` has one row" in said


def test_a_picture_that_is_looked_at_is_not_drawn_over(files, tmp_path, fivenets) -> None:
    model, folder = files
    picture = next(folder.glob("*.png"))
    before = picture.read_bytes()
    said = fivenets.refused("look", model, "--patches", folder, "--out", picture)
    assert "is read by this command" in said
    assert picture.read_bytes() == before


def test_the_command_shows_where_a_label_is_seen(files, tmp_path, fivenets) -> None:
    model, folder = files
    picture, out = folder / "1.png", tmp_path / "seen.png"
    code, said, _ = fivenets("look", model, "--grad-cam", picture, "--out", out)
    assert (code, "is seen" in said, "score" in said) == (0, True, False)  # it gives none
    answer = json.loads(fivenets("look", model, "--grad-cam", picture, "--out", out, "--json")[1])
    assert (answer["rejected"], answer["score"]) == (False, None)
    assert read_image(out).shape == (320, 640, 3)  # the picture, and where it is seen


def test_what_is_rejected_is_not_said_to_be_seen(network, files, tmp_path, fivenets) -> None:
    rejecting = {"labels": ["light"], "calibration": {"labels": 1, "least_score": 1e9}}
    model_files.save(network, tmp_path / "r.keras", rejecting)
    words = "look", tmp_path / "r.keras", "--grad-cam", files[1] / "1.png"
    words = *words, "--out", tmp_path / "seen.png"
    code, said, _ = fivenets(*words)
    answer = json.loads(fivenets(*words, "--json")[1])
    assert answer["rejected"]
    score = f"no picture seen, score {answer['score']:.2f} < 1000000000.00; drawn is what is most"
    assert (code, score in said) == (0, True), said


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--patches", "pictures"], "--out is missing"),
        (["--out", "x.png"], "--out is for --patches"),
        (["--units", "3"], "--units is for --patches"),
        (["--patches", "pictures", "--grad-cam", "a.png", "--out", "x.png"], "received both"),
        (["--patches", "empty", "--out", "x.png"], "holds no pictures"),
        (["--patches", "pictures", "--out", "x.txt"], "--out should end in"),
    ],
)
def test_bad_input_is_a_sentence(options, fault, files, tmp_path, fivenets, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    code, _, said = fivenets("look", files[0], *options)
    assert (code, fault in said) == (2, True), said
    assert not Path("x.png").exists()
