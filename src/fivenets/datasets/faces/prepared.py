"""A prepared set of faces -> its pictures, people and split; and who is in two sets."""

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.errors import UserError
from fivenets.datasets.faces.examples import TEST
from fivenets.datasets.faces.lfw import Pair
from fivenets.datasets.opening import builder_in, record_in
from fivenets.datasets.settings import FaceSettings

PAIRS_FILE = "pairs.json"  # beside the data


@dataclasses.dataclass(frozen=True)
class Faces:
    """Face pictures (height, width, 3) uint8 of one part of a data set, and who is on each."""

    images: list[np.ndarray]
    people: np.ndarray  # (n,) text
    pictures: np.ndarray  # (n,) text, digests of the pictures that the faces were cut from
    names: np.ndarray  # (n,) text, of those pictures

    @property
    def labels(self) -> np.ndarray:
        """(n,) integers: the people in the order of their names."""
        return np.unique(self.people, return_inverse=True)[1]

    def only(self, mask: np.ndarray) -> "Faces":
        """Those where `mask` (n,) is true."""
        images = [self.images[row] for row in np.flatnonzero(mask)]
        return Faces(images, self.people[mask], self.pictures[mask], self.names[mask])

    def repeated(self) -> "Faces":
        """Those of people with two pictures or more."""
        return self.only(~np.isin(self.people, alone(self.people)))

    def and_also(self, others: "Faces") -> "Faces":
        """These, then `others`."""
        people = np.concatenate([self.people, others.people])
        pictures = np.concatenate([self.pictures, others.pictures])
        names = np.concatenate([self.names, others.names])
        return Faces([*self.images, *others.images], people, pictures, names)


def load(folder: Path, settings: FaceSettings) -> tuple[Faces, Faces, dict]:
    """(train, test, source.json) of a prepared set: nobody is in both.

    Args: settings: its `test_people` go to test; 0 means all of them do. They are chosen among
        those with two pictures or more, as one picture of a person says nothing about a pair. A
        set that says itself who is kept from training, as LFW does, is cut as it says.
    """
    builder = builder_in(folder)
    examples = list(tfds.as_numpy(builder.as_dataset("train")))
    people, pictures, names, parts = (
        np.array([example[key].decode() for example in examples])
        for key in ("person", "picture", "name", "part")
    )
    has_parts = len(parts) and all(parts)
    is_test = parts == TEST if has_parts else np.isin(people, _test_names(people, settings))
    record = record_in(folder)
    faces = Faces([example["image"] for example in examples], people, pictures, names)
    return faces.only(~is_test), faces.only(is_test), record


def pairs(folder: Path) -> dict[str, list[Pair]]:
    """LFW's lists of pairs, beside a prepared set of its pictures; nothing beside another set."""
    file = folder / PAIRS_FILE
    if not file.is_file():
        return {}
    return {
        key: [Pair(**one) for one in rows] for key, rows in json.loads(file.read_text()).items()
    }


def alone(people: np.ndarray) -> np.ndarray:
    """The names of those in `people` (n,) who have one picture."""
    names, counts = np.unique(people, return_counts=True)
    return names[counts == 1]


def shared(faces: Faces, others: Faces) -> list[str]:
    """The people of `faces` who are in `others` too: by their names, or by one of their pictures.

    Names are compared without regard to case, accents, marks and the order of words; those that
    are numbers, such as `s1` or `person007`, name nobody outside their own set.
    """
    known = {name_key(person) for person in np.unique(others.people)} - {""}
    by_name = {person for person in np.unique(faces.people) if name_key(person) in known}
    by_picture = set(faces.people[np.isin(faces.pictures, others.pictures)])
    return sorted(map(str, by_name | by_picture))


def name_key(person: str) -> str:
    """What two spellings of a person's name have in common; empty where it is no name."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", person).casefold()
        if not unicodedata.combining(letter)
    )
    words = sorted(re.findall(r"[^\W_]+", plain))
    is_name = not any(map(str.isdigit, plain)) and sum(map(len, words)) > 1
    return " ".join(words) if is_name else ""


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    names = list(map(str, names))
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _test_names(people: np.ndarray, settings: FaceSettings) -> np.ndarray:
    if settings.test_people == 0:
        return np.unique(people)
    names = np.setdiff1d(people, alone(people))
    if not 2 <= settings.test_people <= len(names) - 2:
        raise UserError(
            f"test_people should be 0 (all) or lie in 2..{len(names) - 2} for {len(names)} people "
            f"with two pictures or more, it is {settings.test_people}"
        )
    order = np.random.default_rng(settings.split_seed).permutation(len(names))
    return names[order[: settings.test_people]]
