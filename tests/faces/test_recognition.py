"""The gallery: exact search, strangers, keeping and refusing."""

from pathlib import Path

import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces.evaluation import nearest_entries
from fivenets.faces.identification import of_gallery
from fivenets.faces.recognition import Gallery, enrolled_rows

PEOPLE, SOURCES = ["Ann", "Ben", "Cid"], ["1", "2", "3"]
EMBEDDINGS = np.array([[0, 0], [3, 4], [10, 0]], np.float32)


@pytest.fixture
def gallery() -> Gallery:
    return Gallery(EMBEDDINGS, PEOPLE, SOURCES, "model")


def test_the_nearest_person_and_the_distance(gallery: Gallery) -> None:
    [match] = gallery.search(np.array([[0, 4]]), threshold=3.5)
    assert (match.person, match.distance, match.entry) == ("Ben", 3.0, 1)


def test_a_stranger_is_turned_away(gallery: Gallery) -> None:
    [match] = gallery.search(np.array([[0, 4]]), threshold=2.9)
    assert match.person is None


def test_the_threshold_is_neither_wider_nor_narrower_than_it_says(gallery: Gallery) -> None:
    query = np.array([[0, 4]])  # 3 from Ben
    assert gallery.search(query, 3.0)[0].person == "Ben"
    assert gallery.search(query, np.nextafter(3.0, 0))[0].person is None
    at, beyond = [0, 1.0], [0, 1.001]
    embeddings = np.array([EMBEDDINGS[0], at, beyond, at, beyond], np.float32)
    people = np.array(["Ann"] * 3 + ["Ben"] * 2)
    found = of_gallery(embeddings, people, np.arange(3), np.arange(3, 5), 1, 1)
    assert found == {
        "rank_1": 1,
        "detection_and_identification": 0.5,
        "false_identification": 0.5,
    }


def test_search_is_exact() -> None:
    rng = np.random.default_rng(0)
    entries, queries = rng.normal(size=(2000, 8)), rng.normal(size=(300, 8))
    found = Gallery(entries, ["x"] * 2000, ["y"] * 2000, "").search(queries, np.inf)
    distances = np.linalg.norm(entries[:, None] - queries[None], axis=-1)
    assert [match.entry for match in found] == distances.argmin(axis=0).tolist()
    assert [match.distance for match in found] == pytest.approx(distances.min(axis=0), rel=1e-5)


def test_each_of_ten_thousand_people_is_found_and_a_stranger_is_not() -> None:
    entries = np.random.default_rng(0).normal(size=(10_000, 128))
    known = Gallery(entries, [f"p{row}" for row in range(10_000)], [""] * 10_000, "")
    found = known.search(np.concatenate([entries[::1000] + 0.01, np.full((1, 128), 9.0)]), 1.0)
    assert [match.person for match in found] == [f"p{row}" for row in range(0, 10_000, 1000)] + [
        None
    ]


def test_saved_loaded_and_appended(gallery: Gallery, tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "gallery.npz"
    gallery.appended(np.array([[9, 9]]), ["Dot"], ["4"]).save(file)
    loaded = Gallery.load(file, "model")
    assert loaded.people == [*PEOPLE, "Dot"]
    assert (loaded.embeddings[:3] == EMBEDDINGS).all()
    assert loaded.search(np.array([[9, 8]]), 2)[0].person == "Dot"


def test_embeddings_of_another_model_are_refused(gallery: Gallery, tmp_path: Path) -> None:
    gallery.save(tmp_path / "gallery.npz")
    with pytest.raises(UserError, match="holds embeddings of another model"):
        Gallery.load(tmp_path / "gallery.npz", "other")


def test_a_file_that_is_no_gallery_is_refused(gallery: Gallery, tmp_path: Path) -> None:
    gallery.save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    for content in (b"", b"hello", whole[:700], whole[:-30]):
        (tmp_path / "gallery.npz").write_bytes(content)
        with pytest.raises(UserError, match="is not a gallery of embeddings"):
            Gallery.load(tmp_path / "gallery.npz", "model")


def test_embeddings_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    one_is_not = np.where(EMBEDDINGS == 10, np.nan, EMBEDDINGS)
    Gallery(one_is_not, PEOPLE, SOURCES, "model").save(tmp_path / "gallery.npz")
    with pytest.raises(UserError, match="should be finite numbers"):
        Gallery.load(tmp_path / "gallery.npz", "model")


def test_an_array_alone_or_of_complex_numbers_is_no_gallery(tmp_path: Path) -> None:
    with (tmp_path / "gallery.npz").open("wb") as stream:
        np.save(stream, EMBEDDINGS)
    with pytest.raises(UserError, match="is not a gallery of embeddings"):
        Gallery.load(tmp_path / "gallery.npz", "model")
    arrays = {"embeddings": EMBEDDINGS * 1j, "people": PEOPLE, "sources": SOURCES}
    np.savez(tmp_path / "gallery.npz", model_sha256="model", **arrays)
    with pytest.raises(UserError, match="should be finite numbers"):
        Gallery.load(tmp_path / "gallery.npz", "model")


def test_a_gallery_with_pickles_is_refused_unread(tmp_path: Path) -> None:
    pickled = np.array(PEOPLE, dtype=object)
    arrays = {"embeddings": EMBEDDINGS, "people": pickled, "sources": SOURCES}
    np.savez(tmp_path / "gallery.npz", model_sha256="model", allow_pickle=True, **arrays)
    with pytest.raises(UserError, match="is not a gallery of embeddings"):
        Gallery.load(tmp_path / "gallery.npz", "model")


def test_an_empty_gallery_is_refused() -> None:
    with pytest.raises(UserError, match="the gallery is empty"):
        Gallery(np.zeros((0, 2)), [], [], "").search(np.zeros((1, 2)), 1)


def test_open_set_numbers() -> None:
    asked = [[0, 1], [3, 3], [0, 0.5], [2, 2]]  # the third is nearest to Ann; the last 2.2 away
    strange = [[10, 0], [0, 0.9], [-9, 0], [0, -8]]
    people = np.array(["Ann", "Ben", "Ann", "Ben", "Ben", "Ben", "Cid", "Dan", "Eve", "Fay"])
    embeddings = np.concatenate([EMBEDDINGS[:2], asked, strange])
    found = of_gallery(embeddings, people, np.arange(6), np.arange(6, 10), 1, threshold=1.0)
    assert found == {
        "rank_1": 0.75,
        "detection_and_identification": 0.5,
        "false_identification": 0.25,
    }


def test_enrolment_takes_the_first_images_and_leaves_some_to_ask_about() -> None:
    people = np.array(["a", "b", "a", "b", "a"])
    assert enrolled_rows(people, 1).tolist() == [0, 1]


def test_each_person_in_turn_is_a_stranger_to_the_others() -> None:
    people = np.array(["a", "a", "b", "b"])
    points = np.array([[0.0], [1.0], [3.0], [5.0]])
    # One shot: a is known by the image at 0, b by that at 3.
    own, others = nearest_entries(points, people, shots=1)
    assert own.tolist() == [1, 2]
    assert others.tolist() == [3, 2, 3, 5]
