"""A path in a folder that may not be entered is a sentence, wherever a user names one."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from fivenets.core import footage, images, listing
from fivenets.core.errors import UserError
from fivenets.datasets.classification import parts
from fivenets.datasets.faces.faces_dataset_builder import read_folder
from fivenets.datasets.masks import folder as masks
from fivenets.datasets.objects import voc
from fivenets.datasets.settings import DataSettings
from fivenets.datasets.storing import is_folder
from fivenets.faces import enrolment
from fivenets.fitting import engine, model_files
from fivenets.runs import lookup
from fivenets.sources import downloads

LOCKED = Path("locked")
SETTINGS = DataSettings(
    dataset="signs", image_size=64, validation_fraction=0.2, test_fraction=0.1, split_seed=0
)


@pytest.fixture(autouse=True)
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Path.is_dir and Path.is_file are told; root may enter every folder."""

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: enrolment._listed(LOCKED),
        lambda: read_folder(LOCKED),
        lambda: masks.read(LOCKED),
        lambda: voc.read(LOCKED),
        lambda: parts.read("locked", SETTINGS, "builtin", LOCKED),
        lambda: engine.load(LOCKED),
        lambda: model_files.load(LOCKED),
        lambda: lookup.model_file("locked.keras"),
        lambda: footage.survey(LOCKED),
        lambda: images.read_image(LOCKED),
    ],
)
def test_it_is_no_such_folder_or_file(ask: Callable[[], object]) -> None:
    with pytest.raises(UserError, match="locked"):
        ask()


def test_it_may_be_the_name_of_a_data_set() -> None:
    assert not is_folder("locked")


def test_nothing_is_known_of_it() -> None:
    assert not downloads.is_there("locked")
    assert listing.digest(LOCKED) is None
