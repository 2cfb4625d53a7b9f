"""One set of faces -> one prepared TFDS data set of image and person, with `source.json` beside it.

A set is `att_faces` or `lfw10` (real or drawn), a folder `<person>/<image>`, or a TFDS name.
"""

import dataclasses
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets import assets
from fivenets.catalogue import ASSETS
from fivenets.datasets.faces.faces_dataset_builder import (
    BUILTIN_PEOPLE,
    Builder,
    Examples,
    drawn,
    read_folder,
)
from fivenets.datasets.prepared import SOURCE_FILE, version_folder
from fivenets.digests import sha256, tree_sha256
from fivenets.errors import UserError
from fivenets.images import read_image

log = logging.getLogger(__name__)

# Pictures, their names -> face crops, or what is wrong with a picture.
Align = Callable[[Sequence[np.ndarray], Sequence[str]], list[np.ndarray | UserError]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaceSettings:
    """Which faces, and how they are cut; params.yaml says what each value is."""

    dataset: str
    align: bool
    test_people: int
    split_seed: int


@dataclasses.dataclass(frozen=True)
class Faces:
    """Face pictures (height, width, 3) uint8 of one part of a data set, and who is on each."""

    images: list[np.ndarray]
    people: np.ndarray  # (n,) text

    @property
    def labels(self) -> np.ndarray:
        """(n,) integers: the people in the order of their names."""
        return np.unique(self.people, return_inverse=True)[1]


def prepare(
    settings: FaceSettings, source: str, out: Path, raw_dir: Path, align: Align | None
) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args: align: applied to the pictures; those that it refuses are left out, counted and named in
        source.json. Drawn faces are cropped already and never aligned.
    """
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    origin, examples = read(settings.dataset, source, raw_dir)
    is_aligned = settings.align and origin.origin != "builtin"
    pictures, people, names = zip(*examples, strict=True)
    faces = align(pictures, names) if align and is_aligned else pictures
    skipped = [str(face) for face in faces if isinstance(face, UserError)]
    kept = [
        (face, person, name)
        for face, person, name in zip(faces, people, names, strict=True)
        if not isinstance(face, UserError)
    ]
    if len({person for _, person, _ in kept}) < 2:
        raise UserError(f"{settings.dataset}: faces of at least 2 people are needed")
    scratch = out.with_name(f".{out.name}.preparing")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        config = f"{origin.asset}_drawn" if origin.origin == "builtin" else "folder"
        Builder(data_dir=scratch, config=config, examples=kept).download_and_prepare()
        shutil.rmtree(scratch / "downloads", ignore_errors=True)  # left empty by TFDS
        record = dataclasses.asdict(origin) | {
            "examples": {"train": len(kept)},
            "people": len({person for _, person, _ in kept}),
            "alignment": "mtcnn, five points" if is_aligned else "none: cropped already",
            "skipped": skipped,
        }
        record.pop("path")
        (scratch / SOURCE_FILE).write_text(json.dumps(record, indent=2) + "\n")
        shutil.rmtree(out, ignore_errors=True)
        os.replace(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info(
        "%s: %s data, %d faces, %d skipped",
        settings.dataset,
        origin.origin,
        len(kept),
        len(skipped),
    )


def load(folder: Path, settings: FaceSettings) -> tuple[Faces, Faces, dict]:
    """(train, test, source.json) of a prepared set: nobody is in both.

    Args: settings: its `test_people` go to test; 0 means all of them do.
    """
    builder = tfds.builder_from_directory(version_folder(folder))
    examples = list(tfds.as_numpy(builder.as_dataset("train")))
    people = np.array([example["person"].decode() for example in examples])
    is_test = np.isin(people, _test_names(np.unique(people), settings))
    parts = [
        Faces([examples[row]["image"] for row in np.flatnonzero(mask)], people[mask])
        for mask in (~is_test, is_test)
    ]
    return parts[0], parts[1], json.loads((folder / SOURCE_FILE).read_text())


def read(dataset: str, source: str, raw_dir: Path) -> tuple[assets.Origin, Examples]:
    """Where a set's pictures are from, and the pictures with their person and name."""
    if dataset in BUILTIN_PEOPLE:
        origin = assets.fetch(ASSETS[dataset], raw_dir, source)
        if origin is not None and origin.path is not None:
            return origin, read_folder(origin.path)
        log.warning("%s: no real source was asked for or answered: drawing people", dataset)
        examples = list(drawn(dataset))
        digest = sha256(b"".join(picture.tobytes() for picture, _, _ in examples))
        licence = "Apache-2.0, drawn by this project"
        return assets.Origin(dataset, "builtin", digest, licence), examples
    if os.sep in dataset or dataset[:1] in (".", "~") or Path(dataset).is_dir():
        folder = Path(dataset).expanduser()
        digest = tree_sha256(folder) if folder.is_dir() else ""
        examples = list(read_folder(folder))
        return assets.Origin(folder.name, "folder", digest, "the user's own"), examples
    return _read_tfds(dataset, raw_dir)


def _test_names(names: np.ndarray, settings: FaceSettings) -> np.ndarray:
    if settings.test_people == 0:
        return names
    if not 2 <= settings.test_people <= len(names) - 2:
        raise UserError(
            f"test_people should be 0 (all) or lie in 2..{len(names) - 2} for {len(names)} people, "
            f"it is {settings.test_people}"
        )
    order = np.random.default_rng(settings.split_seed).permutation(len(names))
    return names[order[: settings.test_people]]


def _read_tfds(name: str, raw_dir: Path) -> tuple[assets.Origin, Examples]:
    try:
        builder = tfds.builder(name, data_dir=raw_dir / "tfds")
    except tfds.core.DatasetNotFoundError:
        known = ", ".join(BUILTIN_PEOPLE)
        raise UserError(f"{name} is neither {known}, nor a folder, nor known to TFDS") from None
    if not {"image", "label"} <= set(builder.info.features or ()):
        raise UserError(f"{name} should have the features image and label")
    builder.download_and_prepare(download_dir=raw_dir / "tfds")
    examples = [
        (read_image(example["image"]), _text(example["label"]), f"{name} {split} {index}")
        for split in builder.info.splits
        for index, example in enumerate(tfds.as_numpy(builder.as_dataset(split)))
    ]
    digest = tree_sha256(Path(builder.data_dir))
    return assets.Origin(name, "tfds", digest, "see the data set's homepage"), examples


def _text(label: bytes | np.integer) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)
