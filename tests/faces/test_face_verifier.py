"""What a registered face embedder answers: pairs, single pictures, and what it refuses."""

import base64
import importlib.util
import io
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.faces.calibration import Calibration
from fivenets.faces.cropping import TEMPLATE_XY
from fivenets.faces.embedder import Embedder

SCRIPT = Path(__file__).parents[2] / "src/fivenets/runs/pyfunc/face_verifier.py"
CROPPED = {"cropped": True}


@pytest.fixture
def load(tmp_path: Path):
    """Makes the verifier of a network that answers the mean colour, as MLflow loads it."""
    image = keras.Input((16, 16, 3))
    mean = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(image))
    Embedder(keras.Model(image, mean)).save(tmp_path / "m.keras")
    Calibration(0.5, 0.0, 0.01, "d", "d", "p", "m").write(tmp_path / "c.json")
    context = SimpleNamespace(
        artifacts={"model": tmp_path / "m.keras", "calibration": tmp_path / "c.json"}
    )

    def loaded() -> Any:
        spec = importlib.util.spec_from_file_location("face_verifier", SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        with warnings.catch_warnings(record=True):  # MLflow warns, past any filter, of list[Any]
            spec.loader.exec_module(module)
        verifier = module.FaceVerifier()
        verifier.load_context(context)
        return verifier

    return loaded


def plain(value: int) -> np.ndarray:
    """Of that mean; its two halves differ, or it would not pass for a face."""
    picture = np.full((20, 20, 3), value, np.uint8)
    picture[:, :10] -= 10
    picture[:, 10:] += 10
    return picture


def test_pairs_and_single_pictures_in_one_request(load) -> None:
    near, far = [plain(51), plain(102)], (plain(51), plain(204))  # 0.2 and 0.6 in three colours
    answer = load().predict([near, far, plain(204)], CROPPED)
    assert answer["same"].tolist()[:2] == [True, False]
    assert answer["distance"][0] == pytest.approx(0.2 * 3**0.5, abs=0.002)
    assert answer["distance"][1] == pytest.approx(0.6 * 3**0.5, abs=0.002)
    assert answer["threshold"].tolist()[:2] == [0.5, 0.5]
    assert answer["embedding"][2] == pytest.approx([0.8, 0.8, 0.8], abs=0.002)
    assert answer["embedding"][0] is None
    assert answer["same"][2] is None


def test_a_picture_may_come_in_any_form(load, tmp_path: Path) -> None:
    Image.fromarray(plain(102)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    forms = [
        str(tmp_path / "a.png"),
        content,
        base64.b64encode(content).decode(),
        Image.open(io.BytesIO(content)),
        plain(102)[..., 0],  # grey
    ]
    for row in load().predict(forms, CROPPED)["embedding"]:
        assert row == pytest.approx([0.4, 0.4, 0.4], abs=0.002)


def test_a_server_reads_no_files_for_its_clients(
    load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(plain(102)).save(tmp_path / "a.png")
    monkeypatch.setenv("__pyfunc_model_path__", "somewhere")
    with pytest.raises(UserError):
        load().predict([str(tmp_path / "a.png")], CROPPED)


def test_three_pictures_are_neither_one_nor_a_pair(load) -> None:
    with pytest.raises(UserError, match="one picture or a pair expected, 3 received"):
        load().predict([[plain(10)] * 3], CROPPED)


def test_without_a_face_the_answer_is_a_sentence(load) -> None:
    with pytest.raises(UserError, match="the picture: a face expected, none found"):
        load().predict([plain(128)])


@pytest.mark.parametrize(
    ("request_items", "place"),
    [
        ([plain(10), "no picture"], "inputs[1]: "),
        ([[plain(10), "no picture"]], "inputs[0][1]: "),
        ([plain(10), ["no picture", plain(10)]], "inputs[1][0]: "),
        ([[plain(10)] * 3], "inputs[0]: "),
        (["no picture"], ""),
    ],
)
def test_a_bad_picture_is_named_by_its_place(load, request_items: list, place: str) -> None:
    with pytest.raises(UserError) as caught:
        load().predict(request_items, CROPPED)
    assert str(caught.value).startswith((f"{place}expected an image", f"{place}one picture"))


def test_params_that_it_does_not_know_are_refused(load) -> None:
    with pytest.raises(UserError, match="unknown params: croped; known are: cropped, face"):
        load().predict([plain(10)], {"croped": True})


def test_which_face_is_a_word_of_three_and_their_number_is_told(load, monkeypatch) -> None:
    faces = [(TEMPLATE_XY * 20, 0.999), (TEMPLATE_XY * 40 + (20, 0), 0.999)]
    monkeypatch.setattr("fivenets.faces.cascade.find", lambda pictures, smallest: [faces])
    [answer] = load().predict([np.zeros((50, 70, 3), np.uint8)]).to_dict("records")
    assert (answer["faces"], answer["caution"]) == ([2], "")
    # As MLflow's server passes on what a request leaves out.
    [same] = load().predict([np.zeros((50, 70, 3), np.uint8)], {"face": None}).to_dict("records")
    assert same == answer
    with pytest.raises(UserError, match="one face expected, 2 found"):
        load().predict([np.zeros((50, 70, 3), np.uint8)], {"face": "only"})
    with pytest.raises(UserError, match="face: largest, centre, only expected, 'any' received"):
        load().predict([np.zeros((50, 70, 3), np.uint8)], {"face": "any"})


def test_what_the_command_says_beside_its_answer_is_in_the_notes(load, monkeypatch) -> None:
    faces = [(TEMPLATE_XY * 20, 0.999), (TEMPLATE_XY * 15 + (30, 0), 0.999)]
    monkeypatch.setattr("fivenets.faces.cascade.find", lambda pictures, smallest: [faces])
    verifier, picture = load(), np.zeros((50, 70, 3), np.uint8)
    [alone] = verifier.predict([picture])["notes"]
    assert alone == "the picture: 2 faces, of which the largest is taken"
    [pair] = verifier.predict([[picture, picture]], {"face": "centre"})["notes"]
    small = "the face has 15 pixels a side: 20 or more are needed to tell people apart"
    assert (
        f"inputs[1]: 2 faces, of which the one in the centre is taken; inputs[1]: {small}" in pair
    )
    assert pair.endswith("both are the same picture: its distance to itself says nothing")


def test_a_picture_that_was_turned_and_a_doubtful_face_are_in_the_notes(load, monkeypatch) -> None:
    def find(pictures, smallest):
        [upright] = {picture.shape[0] > picture.shape[1] for picture in pictures}
        return [[(TEMPLATE_XY * 30, 0.9999)] if upright else [] for _ in pictures]

    monkeypatch.setattr("fivenets.faces.cascade.find", find)
    lying, verifier = np.zeros((50, 70, 3), np.uint8), load()
    [notes] = verifier.predict([lying])["notes"]
    assert notes.startswith("the picture: turned by ")
    assert notes.endswith("degrees clockwise to find the face")
    doubtful = [[(TEMPLATE_XY * 30, 0.92)]]
    monkeypatch.setattr("fivenets.faces.cascade.find", lambda pictures, smallest: doubtful)
    [notes] = verifier.predict([lying])["notes"]
    assert notes == "the picture: what is taken for a face may be none (0.92)"


def test_a_threshold_of_other_pictures_is_in_the_notes(load) -> None:
    [cropped] = load().predict([[plain(51), plain(102)]], CROPPED)["notes"]
    assert cropped.startswith("the threshold was set on faces that were found and says nothing of")
    [alone] = load().predict([plain(51)], CROPPED)["notes"]  # which no threshold is asked about
    assert alone == ""
