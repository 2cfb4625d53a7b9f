"""One set of faces -> one prepared TFDS data set of image and person, with `source.json` beside it.

A set is `att_faces` or `lfw10` (real or drawn), a folder `<person>/<image>`, or a TFDS name.
"""

import dataclasses
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets import assets
from fivenets.catalogue import ASSETS
from fivenets.datasets.faces.render import render_faces
from fivenets.datasets.prepared import SOURCE_FILE, version_folder
from fivenets.digests import sha256, tree_sha256
from fivenets.errors import UserError
from fivenets.images import read_image

log = logging.getLogger(__name__)

# The people drawn in the place of each real set: nobody is in two.
BUILTIN_PEOPLE = {"att_faces": range(60), "lfw10": range(60, 84)}
BUILTIN_PER_PERSON = 10
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")

Align = Callable[[np.ndarray, str], np.ndarray]  # picture, its name -> face crop, or a UserError
Examples = Iterable[tuple[np.ndarray, str, str]]  # picture, person, name


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

    Args: align: applied to each picture; those that it refuses are left out, counted and named in
        source.json. Drawn faces are cropped already and never aligned.
    """
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    origin, examples = read(settings.dataset, source, raw_dir)
    is_aligned = settings.align and origin.origin != "builtin"
    kept, skipped = [], []
    for picture, person, name in examples:
        try:
            kept.append((align(picture, name) if align and is_aligned else picture, person))
        except UserError as error:
            skipped.append(str(error))
    if len({person for _, person in kept}) < 2:
        raise UserError(f"{settings.dataset}: faces of at least 2 people are needed")
    scratch = out.with_name(f".{out.name}.preparing")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        tfds.dataset_builders.store_as_tfds_dataset(
            name="faces",
            version="1.0.0",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
                    "person": tfds.features.Text(),
                }
            ),
            split_datasets={
                "train": [
                    (row, {"image": image, "person": person})
                    for row, (image, person) in enumerate(kept)
                ]
            },
            data_dir=scratch,
        )
        record = dataclasses.asdict(origin) | {
            "examples": {"train": len(kept)},
            "people": len({person for _, person in kept}),
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
        drawn = list(render_faces(BUILTIN_PEOPLE[dataset], BUILTIN_PER_PERSON))
        digest = sha256(b"".join(picture.tobytes() for picture, _ in drawn))
        licence = "Apache-2.0, drawn by this project"
        examples = [(picture, person, person) for picture, person in drawn]
        return assets.Origin(dataset, "builtin", digest, licence), examples
    if os.sep in dataset or dataset[:1] in (".", "~") or Path(dataset).is_dir():
        folder = Path(dataset).expanduser()
        digest = tree_sha256(folder) if folder.is_dir() else ""
        examples = list(read_folder(folder))
        return assets.Origin(folder.name, "folder", digest, "the user's own"), examples
    return _read_tfds(dataset, raw_dir)


def read_folder(folder: Path) -> Iterator[tuple[np.ndarray, str, str]]:
    """Picture, person and name of each image in a folder `<person>/<image>`.

    Raises: UserError where it holds no such images.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; expected one of images per person in it")
    files = [
        path
        for path in sorted(folder.glob("*/*"), key=_in_counting_order)
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    ]
    if not files:
        raise UserError(f"{folder} should hold one folder of images per person, it holds none")
    for path in files:
        yield read_image(path), path.parent.name, str(path)


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


def _in_counting_order(path: Path) -> tuple[str, int, str]:
    return path.parent.name, len(path.name), path.name
