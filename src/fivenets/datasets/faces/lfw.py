"""Labeled Faces in the Wild (Huang et al. 2007): its pictures, and its official lists of them.

Its people are cut into two parts that share nobody (View 1): DevTrain to train and choose on,
DevTest to report from. View 2 is 6,000 pairs of all people, in ten folds.
"""

import csv
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from sklearn.datasets import fetch_lfw_people

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.datasets.faces.examples import TEST, TRAIN, FaceExample
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Kind, Origin

ALL, VIEW_1 = "lfw", "lfw-view1"  # every picture; those in the pairs of View 1
NAMES = (ALL, VIEW_1)
SMALLER = "lfw10"  # ten of its people: what is used where it cannot be had
FOLDS = {"devtrain": 1, "devtest": 1, "view2": 10}  # the lists of pairs, and how they are cut
FILES = {  # where the asset has them, and the public host
    "devtrain": ("matchpairsDevTrain.csv", "mismatchpairsDevTrain.csv", "pairsDevTrain.txt"),
    "devtest": ("matchpairsDevTest.csv", "mismatchpairsDevTest.csv", "pairsDevTest.txt"),
    "view2": ("pairs.csv", "pairs.txt"),
}


@dataclass(frozen=True)
class Pair:
    """Two pictures, `<Person>/<Person>_NNNN.jpg`, whether of one person, and their fold."""

    first: str
    second: str
    is_same: bool
    fold: int

    @property
    def pictures(self) -> tuple[str, str]:
        return self.first, self.second


@dataclass(frozen=True)
class Lfw:
    """LFW on this machine."""

    origin: Origin
    pictures: Path  # folder of one folder per person
    pairs: dict[str, list[Pair]]  # by the keys of FOLDS

    def examples(self, dataset: str) -> list[FaceExample]:
        """The pictures of one of NAMES; DevTest's people are kept from training."""
        of_view_1 = {
            part: {picture for pair in self.pairs[key] for picture in pair.pictures}
            for part, key in ((TRAIN, "devtrain"), (TEST, "devtest"))
        }
        part_of = {
            _person(picture): part for part, pictures in of_view_1.items() for picture in pictures
        } | self._people()
        wanted = set.union(*of_view_1.values()) if dataset == VIEW_1 else None
        found = []
        for file in sorted(self.pictures.glob("*/*.jpg")):
            name = file.relative_to(self.pictures).as_posix()
            if (wanted is None or name in wanted) and _person(name) in part_of:
                found.append(FaceExample(file, _person(name), name, part_of[_person(name)]))
        return found

    def _people(self) -> dict[str, str]:
        """Everybody's part, where the lists of people are at hand; else the pairs' people count."""
        lists = {TRAIN: "peopleDevTrain.csv", TEST: "peopleDevTest.csv"}
        files = {part: self.pictures / "lists" / name for part, name in lists.items()}
        return {
            row[0]: part
            for part, file in files.items()
            if file.is_file()
            for row in _rows(file.read_text())
        }


def find(raw_dir: Path, source: str) -> Lfw | None:
    """LFW from a mirror or, else, as scikit-learn downloads and verifies it; None without either.

    Raises: UserError where `source` is real and neither can be had.
    """
    if source == "builtin":
        return None
    found = fetch(ASSETS[ALL], raw_dir, "auto")
    if found:
        return Lfw(found.origin, found.folder, read_lists(found.folder / "lists"))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Retry downloading")  # what fails at last is said
            # For the download alone: `fetch_lfw_pairs` would hold 12,000 pictures in memory.
            fetch_lfw_people(
                data_home=str(raw_dir), funneled=False, min_faces_per_person=500, resize=0.1
            )
    except (URLError, OSError) as error:
        if source == "real":
            raise UserError(
                "lfw: no mirror has lfw.zip and scikit-learn's host does not answer "
                f"({error}), and data.source is real"
            ) from None
        return None
    home = raw_dir / "lfw_home"
    digest, licence = tree_sha256(home / "lfw"), ASSETS[ALL].licence
    origin = Origin(ALL, Kind.PUBLIC, digest, licence)
    return Lfw(origin, home / "lfw", read_lists(home))


def read_lists(folder: Path) -> dict[str, list[Pair]]:
    """The pairs of View 1 and View 2, of lists as CSV or in the form that LFW publishes.

    Raises: UserError where one is missing, cut off or damaged.
    """
    found = {}
    for key, names in FILES.items():
        texts = [file.read_text() for name in names if (file := folder / name).is_file()]
        if not texts:
            raise UserError(f"{folder} has none of LFW's lists {', '.join(names)}")
        found[key] = pairs([row for text in texts for row in _rows(text)], FOLDS[key], names[-1])
    return found


def pairs(rows: Sequence[Sequence[str]], folds: int, name: str) -> list[Pair]:
    """Rows of `name n1 n2`, of one person, and `name1 n1 name2 n2`, of two, fold after fold."""
    if not rows or len(rows) % (2 * folds):
        raise UserError(
            f"{name}: {folds} folds of as many pairs of one person as of two expected, "
            f"{len(rows):,} pairs received"
        )
    found = []
    for index, words in enumerate(rows):
        is_same = len(words) == 3
        if not (is_same or len(words) == 4) or not (words[1] + words[-1]).isdigit():
            raise UserError(f"{name}: no pair of pictures: {' '.join(words)[:80]!r}")
        other = words[0] if is_same else words[2]
        ends = picture(words[0], words[1]), picture(other, words[-1])
        found.append(Pair(*ends, is_same, index * folds // len(rows)))
    return found


def picture(person: str, number: str) -> str:
    """The name of a picture in LFW."""
    return f"{person}/{person}_{int(number):04d}.jpg"


def _person(name: str) -> str:
    return name.partition("/")[0]


def _rows(text: str) -> list[list[str]]:
    """The rows of a list after its first line, of CSV or of words between spaces."""
    lines: Iterable[list[str]] = (
        csv.reader(text.splitlines()) if "," in text else map(str.split, text.splitlines())
    )
    cells = [[cell for cell in row if cell] for row in lines]
    return [row for row in cells[1:] if row]
