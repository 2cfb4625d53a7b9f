"""Labeled Faces in the Wild by its own protocol: 6,000 pairs in ten folds (Huang et al. 2007)."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
from sklearn.datasets import fetch_lfw_people

from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.faces import alignment
from fivenets.faces.embedder import Embedder
from fivenets.faces.verification import curve_numbers, lfw_pairs, verify
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch as fetch_asset

PAIRS_CSV = "lists/pairs.csv"  # in the asset lfw, whose people are folders at its top
PAIRS_FILE, PICTURES = "pairs.txt", "lfw"  # in the folder that scikit-learn keeps
PAIRS_PER_FOLD = 300  # of one person, and as many of two
CHUNK = 250  # pictures in memory at once

Align = Callable[[Sequence[np.ndarray], Sequence[str]], list[np.ndarray | UserError]]


def fetch(raw_dir: Path) -> Path:
    """The folder of all LFW pictures and of its pairs file: the asset of a mirror or, else, what
    scikit-learn downloads and verifies.

    Raises: UserError where neither can be had.
    """
    found = fetch_asset(ASSETS["lfw"], raw_dir, "auto")
    if found:
        return found.folder
    try:
        # For the download alone: `fetch_lfw_pairs` would hold 12,000 pictures in memory.
        fetch_lfw_people(
            data_home=str(raw_dir), funneled=False, min_faces_per_person=500, resize=0.1
        )
    except (URLError, OSError) as error:
        raise UserError(
            f"LFW's own pairs were asked for, no mirror has lfw.zip and scikit-learn's host does "
            f"not answer ({error}); set evaluate.lfw_pairs to false"
        ) from None
    return raw_dir / "lfw_home"


def verification(
    folder: Path, embedder: Embedder, align: Align = alignment.align_central
) -> dict[str, Any]:
    """What `verify` and `curve_numbers` say of LFW's pairs, and how many could not be used."""
    is_asset = (folder / PAIRS_CSV).is_file()
    text = pairs_text(folder / PAIRS_CSV) if is_asset else (folder / PAIRS_FILE).read_text()
    people = folder if is_asset else folder / PICTURES
    wanted = sorted(pictures(text))
    embeddings, rows = [], {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        files = [people / name / f"{name}_{number:04d}.jpg" for name, number in chunk]
        present = [row for row, file in enumerate(files) if file.is_file()]
        found = align(
            [read_image(files[row]) for row in present], [files[row].name for row in present]
        )
        usable = [
            (chunk[row], face)
            for row, face in zip(present, found, strict=True)
            if not isinstance(face, UserError)
        ]
        if usable:
            embeddings.append(embedder.embeddings([face for _, face in usable]))
            rows |= {key: len(rows) + row for row, (key, _) in enumerate(usable)}
    pairs, skipped = lfw_pairs(text, rows)
    distances = pairs.distances(np.concatenate(embeddings))
    return {
        **verify(distances, pairs),
        **curve_numbers(distances, pairs.is_same),
        "pairs_skipped": skipped,
    }


def pairs_text(file: Path) -> str:
    """A pairs file in the form that LFW publishes, of one as CSV."""
    with file.open(newline="") as stream:
        rows = [[cell for cell in row if cell] for row in csv.reader(stream)][1:]
    folds = len(rows) // (2 * PAIRS_PER_FOLD)
    return "".join("\t".join(row) + "\n" for row in [[str(folds), str(PAIRS_PER_FOLD)], *rows])


def pictures(text: str) -> set[tuple[str, int]]:
    """(person, number) of each picture in a pairs file."""
    found = set()
    for words in (line.split() for line in text.splitlines()[1:] if line.strip()):
        found.add((words[0], int(words[1])))
        found.add((words[0] if len(words) == 3 else words[2], int(words[-1])))
    return found
