"""One set of faces -> one prepared TFDS data set of image and person, with `source.json` beside it.

A set is `att_faces` or `lfw10` (real or drawn), a folder `<person>/<image>`, or a TFDS name.
"""

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import listing
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.faces.faces_dataset_builder import (
    BUILTIN_PEOPLE,
    Builder,
    Examples,
    drawn,
    picture_digest,
    read_folder,
)
from fivenets.datasets.faces.prepared import FaceSettings, alone, listed
from fivenets.datasets.storing import download, is_folder, replacing, tfds_builder, write_source
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin

log = logging.getLogger(__name__)

# Pictures, their names -> face crops, or what is wrong with a picture.
Align = Callable[[Sequence[np.ndarray], Sequence[str]], list[np.ndarray | UserError]]


def prepare(
    settings: FaceSettings, source: str, out: Path, raw_dir: Path, align: Align | None
) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args: align: applied to the pictures; those that it refuses are left out, counted and named in
        source.json. Drawn faces are cropped already and never aligned.
    """
    origin, examples = read(settings.dataset, source, raw_dir)
    is_aligned = settings.align and not origin.is_drawn
    pictures, people, names = zip(*examples, strict=True)
    digests = [picture_digest(picture) for picture in pictures]
    repeated = repeats(digests, people, names)
    faces = align(pictures, names) if align and is_aligned else pictures
    faces = [repeated.get(row, face) for row, face in enumerate(faces)]
    skipped = [str(face) for face in faces if isinstance(face, UserError)]
    kept = [
        (face, person, digest)
        for face, person, digest in zip(faces, people, digests, strict=True)
        if not isinstance(face, UserError)
    ]
    everyone = {person for _, person, _ in kept}
    if len(everyone) < 2:
        raise UserError(f"{settings.dataset}: faces of at least 2 people are needed")
    single = alone(np.array([person for _, person, _ in kept]))
    with replacing(out) as scratch:
        config = f"{origin.asset}_drawn" if origin.is_drawn else "folder"
        Builder(data_dir=scratch, config=config, crops=kept).download_and_prepare()
        write_source(
            scratch,
            [origin],
            people=len(everyone),
            people_with_one_picture=len(single),
            alignment="mtcnn, five points" if is_aligned else "none: cropped already",
            skipped=skipped,
        )
    log.info(
        "%s: %s data, %d faces, %d skipped",
        settings.dataset,
        origin.kind,
        len(kept),
        len(skipped),
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


def repeats(
    digests: Sequence[str], people: Sequence[str], names: Sequence[str]
) -> dict[int, UserError]:
    """The rows of pictures that are in a set twice, and what is wrong with each.

    Of one person the first stays. Of two nobody can say who is on it, and none stays.
    """
    rows_of, found = defaultdict(list), {}
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    for first, *others in rows_of.values():
        if len({people[row] for row in (first, *others)}) > 1:
            for row, other in zip((first, *others), (*others, first), strict=True):
                found[row] = UserError(
                    f"{names[row]}: the same picture as {names[other]}: it can show one person only"
                )
        else:
            for row in others:
                found[row] = UserError(f"{names[row]}: the same picture as {names[first]}")
    return found


def read(dataset: str, source: str, raw_dir: Path) -> tuple[Origin, Examples]:
    """Where a set's pictures are from, and the pictures with their person and name."""
    if dataset in BUILTIN_PEOPLE:
        found = fetch(ASSETS[dataset], raw_dir, source)
        if found is not None:
            return found.origin, read_folder(found.folder)
        log.warning("%s: no real source was asked for or answered: drawing people", dataset)
        examples = list(drawn(dataset))
        digest = sha256(b"".join(picture.tobytes() for picture, _, _ in examples))
        return Origin.drawn(dataset, digest), examples
    if os.sep in dataset or is_folder(dataset):
        folder = Path(dataset).expanduser()
        examples = list(read_folder(folder))
        found = listing.labelled(folder)
        found.say()
        return Origin.own(folder.name, found.digest()), examples
    return _read_tfds(dataset, raw_dir)


def _read_tfds(name: str, raw_dir: Path) -> tuple[Origin, Examples]:
    builder = tfds_builder(name, raw_dir / "tfds", ", ".join(BUILTIN_PEOPLE))
    if not {"image", "label"} <= set(builder.info.features or ()):
        raise UserError(f"{name} should have the features image and label")
    origin = download(builder, name, raw_dir)
    return origin, [
        (read_image(example["image"]), _text(example["label"]), f"{name} {split} {index}")
        for split in builder.info.splits
        for index, example in enumerate(tfds.as_numpy(builder.as_dataset(split)))
    ]


def _text(label: bytes | np.integer) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)
