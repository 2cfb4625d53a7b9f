"""One set of faces -> one prepared TFDS data set of image and person, with `source.json` beside it.

A set is `att_faces`, `lfw10`, `lfw` or `lfw-view1` (real or drawn), a folder `<person>/<image>`, or
a TFDS name. LFW's lists of pairs come with its pictures.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.faces import lfw
from fivenets.datasets.faces.examples import Align, FaceExample, cut, digests_of, in_order, whole
from fivenets.datasets.faces.faces_dataset_builder import (
    BUILTIN_PEOPLE,
    Builder,
    Crop,
    drawn,
    examples_in,
    people_in,
    read_folder,
)
from fivenets.datasets.faces.prepared import PAIRS_FILE, FaceSettings, alone, listed
from fivenets.datasets.storing import download, is_folder, replacing, tfds_builder, write_source
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin

log = logging.getLogger(__name__)

KNOWN = (*BUILTIN_PEOPLE, *lfw.NAMES)


def prepare(
    settings: FaceSettings, source: str, out: Path, raw_dir: Path, align: Align | None
) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args: align: applied to the pictures; those that it refuses are left out, counted and named in
        source.json. Drawn faces are cropped already and never aligned.
    """
    origin, examples, pairs = read(settings.dataset, source, raw_dir)
    if settings.most_people:
        examples = of_some(list(examples), settings.most_people, settings.split_seed)
    is_aligned = settings.align and not origin.is_drawn
    digests = list(in_order(digests_of, examples, f"{settings.dataset}: pictures read"))
    kept, skipped = Kept(), repeats(digests, [(one.person, one.name) for one in examples])
    with replacing(out) as scratch:
        work = partial(cut, align if align and is_aligned else whole)
        faces = in_order(
            work, examples, f"{settings.dataset}: {'aligned' if is_aligned else 'cut'}"
        )
        crops = kept.of(zip(examples, faces, digests, strict=True), skipped)
        config = f"{origin.asset}_drawn" if origin.is_drawn else "folder"
        Builder(data_dir=scratch, config=config, crops=crops).download_and_prepare()
        everyone = np.unique(kept.people)
        if len(everyone) < 2:
            raise UserError(f"{settings.dataset}: faces of at least 2 people are needed")
        single = alone(np.array(kept.people))
        refused = [str(skipped[row]) for row in sorted(skipped)]
        write_source(
            scratch,
            [origin],
            people=len(everyone),
            people_with_one_picture=len(single),
            alignment="five points" if is_aligned else "none: cropped already",
            skipped=refused,
        )
        if pairs:
            record = {key: list(map(asdict, listed_pairs)) for key, listed_pairs in pairs.items()}
            (scratch / PAIRS_FILE).write_text(json.dumps(record))
    log.info(
        "%s: %s data, %s faces of %s people, %s pictures skipped%s",
        settings.dataset,
        origin.kind,
        f"{len(kept.people):,}",
        f"{len(everyone):,}",
        f"{len(refused):,}",
        f" (named in {out / 'source.json'}): {listed(refused, 1)}" if refused else "",
    )
    if len(single):
        log.warning(
            "%s: %s of %s people have one picture (%s): they are not trained on, and are strangers "
            "only where all are scored",
            settings.dataset,
            f"{len(single):,}",
            f"{len(everyone):,}",
            listed(single),
        )


class Kept:
    """The people whose faces are kept, as they pass by on their way to the disk."""

    def __init__(self) -> None:
        self.people: list[str] = []

    def of(
        self, found: Iterator[tuple[FaceExample, Any, Any]], skipped: dict[int, UserError]
    ) -> Iterator[Crop]:
        """The faces that are kept; `skipped` gets what is wrong with each other one, by its row."""
        for row, (example, face, digest) in enumerate(found):
            if isinstance(face, UserError):
                skipped.setdefault(row, face)
            elif row not in skipped:
                self.people.append(example.person)
                yield Crop(face, example.person, digest, example.name, example.part)


def of_some(examples: Sequence[FaceExample], most: int, seed: int) -> list[FaceExample]:
    """Those of at most `most` people of each part, drawn with equal chances."""
    rng, chosen = np.random.default_rng(seed), set()
    for part in sorted({one.part for one in examples}):
        names = np.unique([one.person for one in examples if one.part == part])
        chosen |= {(part, str(name)) for name in rng.permutation(names)[:most]}
    return [one for one in examples if (one.part, one.person) in chosen]


def repeats(
    digests: Sequence[str | UserError], shown: Sequence[tuple[str, str]]
) -> dict[int, UserError]:
    """The rows of pictures that cannot be read or are in a set twice, and what is wrong with each.

    Of one person the first stays. Of two nobody can say who is on it, and none stays.
    Args: shown: the person and the name of each.
    """
    rows_of, found = defaultdict(list), {}
    for row, digest in enumerate(digests):
        if isinstance(digest, UserError):
            found[row] = digest
        else:
            rows_of[digest].append(row)
    for first, *others in rows_of.values():
        if len({shown[row][0] for row in (first, *others)}) > 1:
            for row, other in zip((first, *others), (*others, first), strict=True):
                found[row] = UserError(
                    f"{shown[row][1]}: the same picture as {shown[other][1]}: "
                    "it can show one person only"
                )
        else:
            for row in others:
                found[row] = UserError(f"{shown[row][1]}: the same picture as {shown[first][1]}")
    return found


def read(dataset: str, source: str, raw_dir: Path) -> tuple[Origin, Any, dict[str, list[lfw.Pair]]]:
    """Where a set's pictures are from; the examples, of a length; and LFW's pairs of them."""
    if dataset in lfw.NAMES:
        if found := lfw.find(raw_dir, source):
            return found.origin, found.examples(dataset), found.pairs
        if source != "builtin":
            log.warning("%s cannot be had from here: in its place %s", dataset, lfw.SMALLER)
        return read(lfw.SMALLER, source, raw_dir)
    if dataset in BUILTIN_PEOPLE:
        found = fetch(ASSETS[dataset], raw_dir, source)
        if found is not None:
            return found.origin, read_folder(found.folder), {}
        log.warning("%s: no real source was asked for or answered: drawing people", dataset)
        examples = list(drawn(dataset))
        digest = sha256(b"".join(np.asarray(one.picture).tobytes() for one in examples))
        return Origin.drawn(dataset, digest), examples, {}
    if is_folder(dataset):
        folder = files.expanded(dataset)
        found = people_in(folder)
        found.say_labels()
        return Origin.own(folder.name, found.digest()), examples_in(found), {}
    origin, examples = _read_tfds(dataset, raw_dir)
    return origin, examples, {}


def _read_tfds(name: str, raw_dir: Path) -> tuple[Origin, "TfdsExamples"]:
    builder = tfds_builder(name, raw_dir / "tfds", ", ".join(KNOWN))
    if not {"image", "label"} <= set(builder.info.features or ()):
        raise UserError(f"{name} should have the features image and label")
    return download(builder, name, raw_dir), TfdsExamples(name, builder)


class TfdsExamples:
    """The examples of a data set of TFDS, read anew each time that they are gone through."""

    def __init__(self, name: str, builder: tfds.core.DatasetBuilder):
        self.name, self.builder = name, builder

    def __len__(self) -> int:
        return sum(split.num_examples for split in self.builder.info.splits.values())

    def __iter__(self) -> Iterator[FaceExample]:
        for split in self.builder.info.splits:
            for index, example in enumerate(tfds.as_numpy(self.builder.as_dataset(split))):
                label = example["label"]
                person = label.decode() if isinstance(label, bytes) else str(label)
                yield FaceExample(
                    read_image(example["image"]), person, f"{self.name} {split} {index}"
                )
