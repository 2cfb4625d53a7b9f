"""What a trained face model is said to be made of: its people, and the weights it started from."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from ruamel.yaml import YAML

from fivenets.core import candidates
from fivenets.core.task import Log
from fivenets.datasets.faces.prepared import Faces
from fivenets.faces import dlib_resnet, scoring, sets, task, training
from fivenets.faces.embedder import Embedder
from fivenets.sources.fetching import Fetched
from fivenets.sources.origin import Kind, Origin

PROJECT = Path(__file__).parents[2]
PEOPLE = Origin("att_faces", Kind.MIRROR, "a" * 64, "AT&T's")
WEIGHTS = Origin(dlib_resnet.DLIB, Kind.PACKAGE, "d" * 64, "CC0-1.0")


def tiny() -> keras.Model:
    image = keras.Input((8, 8, 3))
    return keras.Model(image, layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(image)))


@pytest.fixture
def candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> candidates.Candidate:
    """facenet-nn4 with people, weights and a training of no work."""
    monkeypatch.chdir(tmp_path)
    people = np.arange(30).repeat(5).astype(str)
    faces = Faces([np.zeros((8, 8, 3), np.uint8)] * 150, people, people, people)
    record = PEOPLE.record()
    monkeypatch.setattr(scoring, "load", lambda section: (faces, faces, record))
    monkeypatch.setattr(scoring, "photographs", lambda candidate: (faces, faces, record))
    monkeypatch.setattr(sets, "to_train_on", lambda faces, *others: faces)
    fetched = Fetched(tmp_path, WEIGHTS)
    monkeypatch.setattr(dlib_resnet, "fetched", lambda raw_dir, source: fetched)
    monkeypatch.setattr(dlib_resnet, "convert", lambda folder, seed: tiny())
    monkeypatch.setattr(training, "train", lambda *args: (tiny(), None, [{"epoch": 0.0}]))
    one = candidates.Candidate("facenet-nn4", "faces", "facenet", "faces", "face-photographs")
    one.folder.mkdir(parents=True)
    return one


@pytest.mark.parametrize(
    ("initial", "made_of"),
    [("nn4_small2", [PEOPLE]), ("face_api_resnet", [PEOPLE, WEIGHTS])],
)
def test_the_weights_that_a_training_starts_from_are_part_of_its_record(
    candidate: candidates.Candidate, initial: str, made_of: list[Origin]
) -> None:
    parameters = YAML(typ="safe").load((PROJECT / "params.yaml").read_text())
    parameters["facenet-nn4"]["train"] |= {"initial": initial, "is_standardised": False}
    with Path("params.yaml").open("w") as file:
        YAML().dump(parameters, file)
    making = task.train(candidate)
    assert making.sources == made_of
    making.make(Log())
    assert Embedder.from_file(candidate.file).sources == made_of
