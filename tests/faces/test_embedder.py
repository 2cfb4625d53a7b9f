"""The embedder, a user's folder and the commands, with a tiny network on drawn faces."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import av
import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.datasets.faces import examples
from fivenets.drawn.people import render_faces
from fivenets.faces import enrolment, recognition
from fivenets.faces.calibration import (
    Calibration,
    calibration_file,
    calibration_of,
    own_calibration_file,
)
from fivenets.faces.cropping import TEMPLATE_XY
from fivenets.faces.embedder import Embedder, faces_in
from fivenets.faces.face import Face, Found
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.faces.recognition import Gallery
from fivenets.runs import local
from fivenets.sources.origin import Kind, Origin


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    embedding = layers.UnitNormalization()(layers.Dense(8)(x))
    file = tmp_path / "models" / "tiny.keras"
    Embedder(keras.Model(image, embedding), trained_on="x").save(file)
    digest = Embedder.from_file(file).model_sha256
    Calibration(0.1, 0.01, 0.001, "drawn", "d", "p", digest, cropped=True).write(
        calibration_file(file)
    )
    return file


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Four drawn people, three pictures of each."""
    folder = tmp_path / "people"
    for index, (picture, person) in enumerate(render_faces(range(4), 3, size=48)):
        (folder / person).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / person / f"{index}.png")
    return folder


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project to work in, with a place for thresholds."""
    (tmp_path / "dvc.yaml").touch()
    monkeypatch.chdir(tmp_path)


def test_an_embedding_is_the_mean_with_that_of_the_mirror_image(tmp_path: Path) -> None:
    """By a network that sees the left half alone: what is there, and what is on the right."""
    half = layers.Cropping2D(((0, 0), (0, 1)))
    left = keras.Sequential([keras.Input((2, 2, 3)), half, layers.GlobalAveragePooling2D()])
    file = tmp_path / "m.keras"
    Embedder(left, test_time_mirror=True).save(file)
    face = np.array([[[100, 20, 0], [0, 60, 10]]] * 2, np.uint8)
    np.testing.assert_allclose(Embedder.from_file(file).embeddings([face]), [[50, 40, 5]])
    Embedder(left).save(file)
    np.testing.assert_allclose(Embedder.from_file(file).embeddings([face]), [[100, 20, 0]])


def test_a_saved_embedder_answers_as_before(model_file: Path) -> None:
    embedder = Embedder.from_file(model_file)
    picture = np.random.default_rng(0).integers(0, 256, (30, 20, 1), np.uint8).repeat(3, axis=2)
    grey, transparent = picture[..., 0], np.dstack([picture, np.full((30, 20), 255, np.uint8)])
    embeddings = embedder.embed([picture, grey, transparent], is_cropped=True)
    assert embeddings.shape == (3, 8)
    np.testing.assert_allclose(embeddings[1:], embeddings[:1].repeat(2, axis=0), atol=1e-6)
    assert embedder.trained_on == "x"


def test_a_threshold_of_another_model_is_refused(model_file: Path) -> None:
    file = calibration_file(model_file)
    file.write_text(file.read_text().replace('"model_sha256": "', '"model_sha256": "0'))
    with pytest.raises(UserError, match="is of another model than"):
        calibration_of(model_file)
    file.unlink()
    with pytest.raises(UserError, match=r"has no threshold: expected tiny\.calibration\.json"):
        calibration_of(model_file)


def test_a_gallery_computes_only_what_is_new(model_file: Path, people: Path, monkeypatch) -> None:
    embedder = Embedder.from_file(model_file)
    first, _ = enrolment.opened(people, embedder, is_cropped=True)
    assert len(first) == 12
    computed = []
    next((people / "person000").iterdir()).unlink()
    (people / "new").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(people / "new" / "a.png")
    (people / "new" / "b.png").write_text("no picture")

    def noting(pictures, names, is_cropped):
        computed.extend(map(Path, names))
        return faces_in(pictures, names, is_cropped)

    monkeypatch.setattr(enrolment, "faces_in", noting)
    second, refused = enrolment.opened(people, embedder, is_cropped=True)
    assert len(refused) == 1
    assert "b.png is not an image" in refused[0]
    assert [path.parent.name for path in computed] == ["new"]
    assert second.people.count("person000") == 2


@pytest.mark.parametrize("inside", [".", "drawn", "person000"])
def test_drawn_copies_do_not_become_known_people(
    model_file: Path, people: Path, inside: str
) -> None:
    embedder = Embedder.from_file(model_file)
    with pytest.raises(UserError, match=r"--out .* should not lie in .*, which is read"):
        enrolment.opened(people, embedder, True, people / inside)
    assert not (people / "drawn").exists()
    enrolment.opened(people, embedder, True, people.with_name("drawn"))


@pytest.mark.parametrize(
    ("field", "word"),
    [("threshold", '"abc"'), ("threshold", "null"), ("threshold", "NaN"), ("people", "1.5")],
)
def test_a_calibration_of_something_else_is_refused(tmp_path: Path, field: str, word: str) -> None:
    file = tmp_path / "calibration.json"
    good = Calibration(0.5, 0.1, 0.001, "data", "0", "pairs", "model", people=3, far=0.001)
    good.write(file)
    assert Calibration.read(file) == good
    content = json.loads(file.read_text()) | {field: "here"}
    file.write_text(json.dumps(content).replace('"here"', word))
    with pytest.raises(UserError, match=r"is not a calibration of this program: .*number"):
        Calibration.read(file)


def test_a_gallery_takes_people_as_their_folders_are(
    model_file: Path, people: Path, caplog
) -> None:
    for picture in sorted((people / "person000").iterdir()):
        picture.rename(picture.with_suffix(".jfif"))
    (people / "person001" / "2023").mkdir()
    for picture in sorted((people / "person001").glob("*.png")):
        picture.rename(people / "person001" / "2023" / picture.name)
    (people / "person002").rename(people.parent / "store")
    (people / "person002").symlink_to(people.parent / "store")
    for picture in sorted((people / "person003").iterdir()):
        picture.rename(people / picture.name)
    (people / "Thumbs.db").touch()
    embedder = Embedder.from_file(model_file)
    for _ in range(2):
        gallery, refused = enrolment.opened(people, embedder, is_cropped=True)
        assert gallery.people == [f"person00{n}" for n in (0, 1, 2) for _ in range(3)]
        assert refused == []
        # TensorFlow has words of its own there, by how often it was asked before.
        said = [one.getMessage() for one in caplog.records if one.name.startswith("fivenets")]
        assert said[-1] == (
            f"{people}: left out: hidden or a system's own (1: Thumbs.db); beside the folders and "
            "in none (3: 10.png, 11.png, 9.png); folders without a picture (1: person003)"
        )


def test_embeddings_that_cannot_be_kept_are_no_error(
    model_file: Path, people: Path, monkeypatch, caplog
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(recognition.files, "replacing", refuse)
    gallery, refused = enrolment.opened(people, Embedder.from_file(model_file), is_cropped=True)
    assert (len(gallery), refused) == (12, [])
    file = people / enrolment.GALLERY_FILE
    words = (
        f"{file} cannot be kept (Read-only file system): embeddings are computed again each time"
    )
    assert words in caplog.messages
    assert not file.exists()


def test_a_person_whose_name_is_not_utf8_is_known(model_file: Path, people: Path, fivenets) -> None:
    name = os.fsdecode(b"person\xe4")
    (people / "person001").rename(people / name)
    picture = people / name / "4.png"
    words = ("identify", picture, "--gallery", people, "--model", model_file, "--cropped")
    for _ in range(2):
        assert json.loads(fivenets.answered(*words, "--json"))["person"] == name
    assert "person\\udce4" in fivenets.answered(*words)


def test_a_black_picture_is_no_face_even_where_faces_are_said_to_be_cropped() -> None:
    face = np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8)
    black, read = faces_in([np.zeros_like(face), face], ["black.png", ""], is_cropped=True)
    assert str(black) == "black.png: a face expected, the picture is of one colour"
    assert isinstance(read, Found)
    np.testing.assert_array_equal(read.picture, face)


def test_a_gallery_of_crops_is_not_one_of_photographs(
    model_file: Path, people: Path, monkeypatch
) -> None:
    embedder, asked = Embedder.from_file(model_file), []

    def noting(pictures, names, is_cropped):
        asked.extend([is_cropped] * len(pictures))
        return [Found(np.zeros((9, 9, 3), np.uint8), [])] * len(pictures)

    monkeypatch.setattr(enrolment, "faces_in", noting)
    for is_cropped in (True, False, False):
        gallery, _ = enrolment.opened(people, embedder, is_cropped)
        assert len(gallery) == 12
    assert asked == [True] * 12 + [False] * 12


def test_a_gallery_of_other_dimensions_is_refused(model_file: Path, people: Path) -> None:
    embedder = Embedder.from_file(model_file)
    Gallery(np.zeros((1, 4)), ["a"], ["s"], embedder.model_sha256).save(
        people / enrolment.GALLERY_FILE
    )
    with pytest.raises(UserError, match="embeddings of 4 numbers, the model makes 8"):
        enrolment.opened(people, embedder, is_cropped=True)


@pytest.mark.parametrize("far", ["0", "-0.1", "1", "nan"])
def test_a_far_that_cannot_be_is_refused(
    far: str, model_file: Path, people: Path, fivenets
) -> None:
    words = ("faces", "calibrate", people, f"--far={far}", "--model", model_file, "--cropped")
    assert "the target FAR should lie between 0 and 1" in fivenets.refused(*words)


@pytest.mark.parametrize("rate", ["0", "-1", "2", "nan"])
def test_a_rate_of_strangers_that_cannot_be_is_refused(
    rate: str, model_file: Path, people: Path, fivenets
) -> None:
    words = ("faces", "calibrate", people, "--far=0.1", f"--false-identification={rate}")
    said = fivenets.refused(*words, "--model", model_file, "--cropped")
    assert "--false-identification should lie between 0 and 1, it is" in said


def test_calibrating_takes_three_people(model_file: Path, people: Path, fivenets) -> None:
    for person in sorted(people.iterdir())[2:]:
        shutil.rmtree(person)
    words = ("faces", "calibrate", people, "--far", "0.1", "--model", model_file, "--cropped")
    assert "pictures of at least 3 people are needed, there are 2" in fivenets.refused(*words)


def test_what_is_in_two_folders_or_twice_in_one_sets_no_threshold(
    model_file: Path, people: Path
) -> None:
    def calibrated() -> tuple[Calibration, list[str]]:
        embedder = Embedder.from_file(model_file)
        return enrolment.calibrated(people, embedder, 0.2, 0.1, 2, is_cropped=True)

    first, *others = sorted((people / "person000").iterdir())
    shutil.copy(first, people / "person000" / "again.png")
    shutil.copy(people / "person001" / "4.png", people / "person002" / "4.png")
    calibration, left_out = calibrated()
    assert left_out == [
        f"{people}/person001/4.png: the same picture is person001 and person002's",
        f"{people}/person002/4.png: the same picture is person001 and person002's",
        f"{people}/person000/again.png: the same picture as {first}",
    ]
    assert calibration.protocol == "all pairs of 11 pictures"
    others[0].write_text("no picture")
    for person in ("person002", "person003"):
        shutil.rmtree(people / person)
    with pytest.raises(UserError, match="at least 3 people are needed, there are 2") as refused:
        calibrated()
    assert ["not an image" in sentence for sentence in refused.value.args] == [False, True, False]


def test_large_pictures_are_not_held_all_at_once(model_file, people, monkeypatch) -> None:
    held = []

    def noting(pictures, names, is_cropped):
        held.append(len(pictures))
        return faces_in(pictures, names, is_cropped)

    monkeypatch.setattr(enrolment, "faces_in", noting)
    monkeypatch.setattr(examples, "MOST_PIXELS", 4 * 48 * 48)
    gallery, _ = enrolment.opened(people, Embedder.from_file(model_file), is_cropped=True)
    assert held == [5, 5, 2]
    assert len(gallery) == 12


def test_verify(model_file: Path, people: Path, fivenets) -> None:
    picture = people / "person000" / "0.png"
    options = ("--model", model_file, "--cropped", "--json")
    code, printed, said = fivenets("verify", picture, picture, *options)
    assert code == 0
    assert json.loads(printed) == {
        "same": True,
        "distance": 0.0,
        "threshold": 0.1,
        "target_far": 0.001,
    }
    assert "the same picture" in said


def test_identify_knows_its_people_and_no_others(
    model_file: Path, people: Path, tmp_path: Path, fivenets
) -> None:
    stranger = tmp_path / "stranger.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)).save(stranger)
    file = calibration_file(model_file)
    size = sum(1 for _ in people.rglob("*.png"))
    named = {"false_identification": 0.007, "strangers_named": [(1, 0.02), (10, 0.01), (50, 0.007)]}
    measured = {"people": 400, "galleries": [(1, 0.3), (size, 0.09)], **named}
    file.write_text(json.dumps(json.loads(file.read_text()) | measured))
    words = ("identify", people / "person001" / "4.png", stranger, tmp_path / "none.png")
    options = ("--gallery", people, "--model", model_file, "--cropped", "--json")
    code, printed, said = fivenets(*words, *options)
    assert code == 2
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["person"] for row in rows] == ["person001", None]
    assert {row["false_identification"] for row in rows} == {0.01}  # in such a gallery
    assert {row["false_identification_entries"] for row in rows} == {10}
    assert {row["threshold"] for row in rows} == {0.09}  # the gallery's, and not a pair's
    assert {row["false_identification_in_gallery"] for row in rows} == {0.0}
    sentence = " ".join(said.split())
    assert f"for a gallery of {size} pictures is to name at most 2% of strangers" in sentence
    assert "measured on others, in galleries of 10: 1.0%; this gallery takes 0.0% " in sentence
    assert "none.png: no such file" in said


def test_calibrate_sets_the_threshold_that_verify_uses(
    model_file: Path, people: Path, fivenets
) -> None:
    options = ("--model", model_file, "--cropped", "--json")
    words = ("faces", "calibrate", people, "--far", "0.2", "--folds", "2")
    made = json.loads(fivenets.answered(*words, *options))
    assert made["target_far"] == 0.2
    assert 0 <= made["far"] <= 1
    assert 0 <= made["false_identification"] <= 1
    assert made["strangers_named"] == [[9, made["false_identification"]]]  # all but one person's
    assert [size for size, _ in made["galleries"]] == [1]  # four people are too few for more
    assert made["people"] == 4
    picture = people / "person000" / "0.png"
    assert (
        json.loads(fivenets.answered("verify", picture, picture, *options))["threshold"]
        == made["threshold"]
    )


def test_a_threshold_of_whole_pictures_says_nothing_of_faces_that_are_found(
    model_file: Path, people: Path, fivenets
) -> None:
    options = ("--model", model_file, "--cropped")
    fivenets.answered("faces", "calibrate", people, "--far", "0.2", *options)
    picture = people / "person000" / "0.png"
    misfit = "set on {} and says nothing of {}: calibrate again"
    kinds = "pictures taken whole", "faces that were found"
    assert "says nothing of" not in fivenets("verify", picture, picture, *options)[2]
    file = own_calibration_file(local.thresholds_folder(), sha256(model_file))
    Calibration.write(replace(Calibration.read(file), cropped=False), file)
    assert misfit.format(*kinds[::-1]) in fivenets("verify", picture, picture, *options)[2]


def test_calibrate_says_what_is_accepted_of_people_without_a_part_in_it(
    model_file: Path, people: Path, fivenets
) -> None:
    options = ("--far", "0.2", "--model", model_file, "--cropped")
    words = ("faces", "calibrate", people, *options)
    accepted = "of people who had no part in it, such a threshold accepts"
    assert accepted in " ".join(fivenets.answered(*words).split())
    shutil.rmtree(people / "person003")
    assert "and an unknown part of pairs of two" in " ".join(fivenets.answered(*words).split())


@pytest.mark.parametrize(
    ("words", "beside"),
    [
        (("verify", "a.png", "b.png", "--out", "drawn"), "--out"),
        (("verify", "a.png", "b.png", "--face", "only"), "--face"),
        (("identify", "a.png", "clip.mp4", "--gallery", "people"), "clip.mp4"),
    ],
)
def test_where_pictures_are_taken_whole_no_face_is_looked_for(words, beside, fivenets) -> None:
    said = fivenets.refused(*words, "--cropped")
    assert said.endswith(f"--cropped takes pictures whole: it cannot stand beside {beside}\n"), said


@pytest.mark.parametrize(
    ("target", "people", "said"),
    [
        (0.1, 100, "of 10 pictures is to name at most 10% of strangers"),
        (0.005, 200, "at most 0.5% of strangers, but is set on 200 people only"),
        (0.02, 148, "at most 2% of strangers, but is set on 148 people only"),
    ],
)
def test_a_rate_is_promised_by_enough_people(target: float, people: int, said: str) -> None:
    calibration = Calibration(
        0.5, 0.1, 0.001, "set", "0", "pairs", "0", people,
        galleries=[(10, 0.5)], target_false_identification=target,
    )  # fmt: skip
    sentence = calibration.of_gallery_in_words(10)
    assert said in sentence
    assert ("too few" in sentence) is ("only" in said)


@pytest.mark.parametrize(("command", "times"), [("verify", 2), ("identify", 1)])
def test_a_face_that_is_too_small_is_said_once_of_each_picture(
    command: str, times: int, model_file: Path, people: Path, tmp_path: Path, fivenets
) -> None:
    file = tmp_path / "far.png"
    Image.open(people / "person000" / "0.png").resize((19, 25)).save(file)
    words = {
        "verify": ("verify", file, file),
        "identify": ("identify", file, people / "person001" / "4.png", "--gallery", people),
    }[command]
    code, _, said = fivenets(*words, "--model", model_file, "--cropped", "--json")
    assert code == 0
    small = "far.png: the face has 19 pixels a side: 20 or more are needed to tell people apart"
    assert said.count(small) == said.count("pixels a side") == times


def test_a_known_face_that_is_too_small_is_said_when_it_is_added(
    model_file: Path, people: Path, caplog
) -> None:
    small = people / "person000" / "0.png"
    Image.open(small).resize((19, 25)).save(small)
    embedder = Embedder.from_file(model_file)
    assert len(enrolment.opened(people, embedder, True)[0]) == 12
    [said] = caplog.messages
    assert said.startswith(f"{small}: the face has 19 pixels a side")
    enrolment.opened(people, embedder, True)
    assert caplog.messages == [said]


def test_in_a_film_no_face_can_be_asked_for(fivenets) -> None:
    words = ("identify", "a.png", "clip.mp4", "--gallery", "people", "--face", "largest")
    said = "in a video all faces are named: --face largest cannot stand beside clip.mp4\n"
    assert fivenets.refused(*words).endswith(said)


@pytest.mark.parametrize("command", ["identify", "calibrate"])
def test_an_empty_folder_is_refused(
    command: str, model_file: Path, tmp_path: Path, fivenets
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    words = {
        "identify": ("identify", "a.png", "--gallery", empty),
        "calibrate": ("faces", "calibrate", empty, "--far", "0.1"),
    }[command]
    assert "is empty: expected pictures in one folder per person" in fivenets.refused(
        *words, "--model", model_file
    )


def test_the_same_picture_of_two_people_is_neither_ones(model_file: Path, people: Path) -> None:
    shutil.copyfile(people / "person000" / "0.png", people / "person001" / "copy.png")
    gallery, refused = enrolment.opened(people, Embedder.from_file(model_file), is_cropped=True)
    assert (gallery.people.count("person000"), gallery.people.count("person001")) == (2, 3)
    assert len(refused) == 2
    assert all("the same picture is person000 and person001's" in sentence for sentence in refused)


@pytest.fixture
def two_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture shows two faces: a small one on the left and a large one on the right."""
    faces = [Face(TEMPLATE_XY * 20, 0.999), Face(TEMPLATE_XY * 40 + (40, 0), 0.999)]
    monkeypatch.setattr(
        "fivenets.faces.cascade.find",
        lambda pictures, smallest: [
            [(face.points_xy, face.confidence) for face in faces] for _ in pictures
        ],
    )


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    file = tmp_path / "crowd.png"
    pixels = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.mark.usefixtures("two_faces")
def test_verify_takes_the_largest_face_says_so_and_draws_it(
    model_file: Path, crowd: Path, tmp_path: Path, fivenets
) -> None:
    words = ("verify", crowd, crowd, "--model", model_file, "--out", tmp_path / "out")
    code, _, said = fivenets(*words)
    assert code == 0
    assert "crowd.png: 2 faces, of which the largest one is taken (--face)" in said
    drawn = np.asarray(Image.open(tmp_path / "out" / "crowd.png").convert("RGB"))
    green, grey = ((drawn == colour).all(axis=2) for colour in ((20, 150, 60), (150, 150, 150)))
    assert np.nonzero(green)[1].min() > 38 > 20 > np.nonzero(grey)[1].max() - 5
    assert "one face expected, 2 found" in fivenets.refused(*words[:5], "--face", "only")


@pytest.mark.usefixtures("two_faces")
def test_identify_names_each_face_and_one_where_one_is_asked_for(
    model_file: Path, people: Path, crowd: Path, tmp_path: Path, fivenets
) -> None:
    words = ("identify", crowd, "--gallery", people, "--model", model_file, "--json")
    rows = [
        json.loads(line)
        for line in fivenets.answered(*words, "--out", tmp_path / "out").splitlines()
    ]
    assert [row["face"] for row in rows] == [[40, 0, 80, 40], [0, 0, 20, 20]]
    assert (tmp_path / "out" / "crowd.png").is_file()
    code, printed, said = fivenets(*words, "--face", "largest")
    assert code == 0
    assert json.loads(printed)["face"] == rows[0]["face"]
    assert "1 more faces than the largest one (--face all)" in said


@pytest.mark.usefixtures("two_faces")
def test_a_film_names_each_face_twice_a_second(
    model_file: Path, people: Path, tmp_path: Path, fivenets
) -> None:
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(12):
            picture = np.full((64, 96, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    words = ("identify", "clip.mp4", "--gallery", people, "--model", model_file, "--json")
    rows = [json.loads(line) for line in fivenets.answered(*words).splitlines()]
    assert [row["seconds"] for row in rows] == [0, 0, 0.5, 0.5, 1, 1]
    (tmp_path / "clip.mp4").write_bytes(b"no film")
    assert "clip.mp4 is not a video that can be read" in fivenets.refused(*words)


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        (
            Origin.drawn("att_faces", "d"),
            "only what this program draws (att_faces (builtin))",
        ),
        (Origin("dlib", Kind.UNTRAINED, "d", "none"), "this model is untrained"),
        (Origin("dlib", Kind.PACKAGE, "d", "CC0"), ""),
    ],
)
def test_what_a_model_of_drawn_faces_cannot_do_is_said(
    origin: Origin, sentence: str, model_file: Path, people: Path, fivenets
) -> None:
    embedder = Embedder.from_file(model_file)
    Embedder(embedder.network, trained_on="x", sources=[origin]).save(model_file)
    digest = Embedder.from_file(model_file).model_sha256
    Calibration(0.1, 0.01, 0.001, "drawn", "d", "p", digest, cropped=True).write(
        calibration_file(model_file)
    )
    picture = people / "person000" / "0.png"
    words = ("verify", picture, people / "person000" / "1.png", "--model", model_file, "--cropped")
    code, _, said = fivenets(*words)
    assert code == 0
    assert sentence in said if sentence else not said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "the threshold is for one pair and not for a gallery: calibrate it again"),
        ({"people": 10}, "is set on 10 people only, too few to promise it"),
        ({"people": 1000}, "galleries of more than 500 were not measured"),
    ],
)
def test_a_gallery_of_ten_thousand_is_told_what_its_threshold_is_worth(
    changes: dict, sentence: str
) -> None:
    galleries = [(1, 0.6), (500, 0.45)] if changes else []
    calibration = Calibration(0.5, 0, 0.001, "d", "d", "p", "m", **changes, galleries=galleries)
    assert sentence in calibration.of_gallery_in_words(10_000)
    assert calibration.of_gallery(10_000) == (pytest.approx(0.378, abs=1e-3) if changes else 0.5)


PROMISED = "the threshold for a gallery of {} is to name at most 2% of strangers"
NOT_MEASURED = "galleries of more than 500 were not measured"


@pytest.mark.parametrize(
    ("entries", "size", "said", "found"),
    [
        (1, "one picture", "measured on others, in galleries of 1: 1.1%", (1, 0.011)),
        (3, "3 pictures", "measured on others, in galleries of 5: 0.9%", (5, 0.009)),
        (200, "200 pictures", "measured on others, in galleries of 500: 0.7%", (500, 0.007)),
        # Whose threshold was not set on people, and yet was tried on others.
        (500, "500 pictures", "measured on others, in galleries of 500: 0.7%", (500, 0.007)),
        (501, "501 pictures", NOT_MEASURED, (None, None)),
    ],
)
def test_the_rate_of_strangers_is_that_of_galleries_of_the_size(
    entries: int, size: str, said: str, found: tuple
) -> None:
    named = [(1, 0.011), (5, 0.009), (500, 0.007)]
    calibration = Calibration(
        0.5, 0, 0.001, "d", "d", "p", "m", people=997, scored_by=962,
        galleries=[(1, 0.6), (200, 0.45)], false_identification=0.007, strangers_named=named,
    )  # fmt: skip
    assert calibration.of_gallery_in_words(entries) == f"{PROMISED.format(size)}; {said}"
    assert calibration.named_in(entries) == found


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (1, "measured on others, in galleries as large as they allowed: 0.7%"),
        (201, "galleries of more than 200 were not measured"),
    ],
)
def test_a_calibration_without_rates_by_size_is_read(
    tmp_path: Path, entries: int, said: str
) -> None:
    file = tmp_path / "calibration.json"
    galleries = [(1, 0.6), (200, 0.45)]
    calibration = Calibration(
        0.5, 0, 0.001, "d", "d", "p", "m", 997, galleries=galleries, false_identification=0.007
    )
    calibration.write(file)
    content = json.loads(file.read_text())
    assert content.pop("strangers_named") == []
    file.write_text(json.dumps(content))
    known = Calibration.read(file)
    file.write_text(json.dumps(content | {"strangers_named": [[0, 0.1]]}))
    with pytest.raises(UserError, match="strangers_named should be pairs of entries and a rate"):
        Calibration.read(file)
    assert known.of_gallery_in_words(entries).split("; ")[1:] == [said]
    assert known.named_in(entries) == (None, None)


def test_verify_says_what_its_threshold_was_set_for_and_what_it_then_did() -> None:
    calibration = Calibration(0.5, 0, 0.001, "lfw (mirror)", "d", "p", "m", people=1000)
    set_for = "set on 1,000 people of lfw (mirror) for FAR 0.001"
    assert calibration.in_words == f"{set_for}, not measured on others"
    measured = replace(calibration, far=0.0012, far_low=0.0009, far_high=0.0016, scored_by=963)
    assert measured.in_words == f"{set_for}; measured on 963 others: 0.0012 [0.0009, 0.0016]"
    crossed = replace(measured, scored_by=0)
    assert crossed.in_words.endswith("measured on people left out: 0.0012 [0.0009, 0.0016]")


def test_a_model_trained_on_pairs_decides_by_its_classifier(
    tmp_path: Path, model_file: Path, people: Path, fivenets
) -> None:
    embedder = Embedder.from_file(model_file)
    embedder.pairs = PairClassifier("absolute_difference", [-1.0] * embedder.dimensions, 0.25)
    paired = tmp_path / "pairs.keras"
    embedder.save(paired)
    file, digest = calibration_file(paired), sha256(paired)
    calibration = Calibration(0.1, 0, 0.001, "d", "d", "p", digest, pairs_threshold=-0.2)
    calibration.write(file)
    picture = people / "person000" / "0.png"
    options = ("--by", "pairs", "--cropped", "--json")
    words = ("verify", picture, picture, "--model")
    answer = json.loads(fivenets.answered(*words, paired, *options))
    assert (answer["same"], answer["distance"], answer["threshold"]) == (True, -0.25, -0.2)
    replace(calibration, pairs_threshold=None).write(file)
    assert "the classifier of pairs has no threshold" in fivenets.refused(*words, paired, *options)
    assert "was not trained on pairs (mining: pairs)" in fivenets.refused(
        *words, model_file, *options
    )
