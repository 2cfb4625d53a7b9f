"""Pictures of at most one object -> a prepared TFDS data set, with `source.json` beside it.

A set is `helen68` (faces with 68 points; where it cannot be had, drawn ones), `drawn-faces`,
`windows` (of drawn streets, with boxes), or a folder as Helen's: `train/a.jpg`, `train/a.csv` with
x,y of a point a line in pixels, `test/...`; all pictures have the same points.
"""

import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import files, listing
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets import overlap
from fivenets.datasets.objects.storing import stored
from fivenets.datasets.opening import builder_in, rows_of, version_folder
from fivenets.datasets.settings import PlaceSettings
from fivenets.datasets.splits import check_apart
from fivenets.datasets.storing import as_jpeg, digest, is_folder, replacing, store, write_source
from fivenets.drawn.face_points import marked_faces
from fivenets.drawn.street import CLASSES
from fivenets.drawn.windows import windows
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin, in_words

log = logging.getLogger(__name__)

SPLITS = ("train", "test")
FAR = 1.5  # sides from a picture's middle: a chin may lie below it, a wrong unit lies beyond
PEOPLE = {"train": range(1000, 1600), "test": range(2000, 2200)}  # of drawn faces
KNOWN = ("helen68", "drawn-faces", "windows")
SCENES = {"train": 700, "test": 100}  # that windows are cut out of
FIRST_SEED = 300  # not those of scenes with boxes or masks

Examples = Iterator[tuple[str, dict[str, Any]]]


def prepare(settings: PlaceSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args: source: "auto", "real" (nothing that is drawn) or "builtin" (nothing that is fetched).
    Raises: UserError, one sentence, where it cannot be had or be used.
    """
    with replacing(out) as scratch:
        origin, said = _write(settings.dataset, source, scratch, raw_dir)
        builder = builder_in(scratch)
        check_apart(builder, settings.train, settings.test)
        parts = {split: split for split in dict.fromkeys((settings.train, settings.test))}
        for split in parts:
            if all(row["label"] < 0 for row in rows_of(builder, split)):
                raise UserError(f"{split} shows no object: expected one in some of its pictures")
        notes = overlap.shared(overlap.of_tfds(builder, parts))
        missing = ["helen68"] if settings.dataset == "helen68" and origin.is_drawn else []
        counts = write_source(scratch, [origin], left_out=missing, notes=notes, **said)
    for sentence in notes:
        log.warning("%s", sentence)
    log.info("%s: %s", in_words([origin]), counts)


def _write(dataset: str, source: str, out: Path, raw_dir: Path) -> tuple[Origin, dict[str, Any]]:
    """Writes the set; answers where it is from, its classes and what its coordinates are."""
    points = {"form": "points", "classes": ["face"]}
    if dataset not in KNOWN and is_folder(dataset):
        place = files.expanded(dataset)
        counts: dict[int, Path] = {}
        _store(out, {split: _of_files(place / split, counts) for split in SPLITS})
        origin = Origin.own(place.name, listing.everything(place).digest(), dataset)
        return origin, points | {"classes": ["object"]}
    if dataset == "helen68" and (found := fetch(ASSETS[dataset], raw_dir, source)):
        _store(out, {split: _of_files(found.folder / split) for split in SPLITS})
        return found.origin, points
    if source == "real":
        raise UserError(
            f"{dataset} is drawn, and data.source is real: expected helen68 or a folder"
        )
    if dataset == "windows":
        _store(out, {split: _windows(split) for split in SPLITS})
        said = {"form": "box", "classes": list(CLASSES)}
        return Origin.drawn("windows", digest(version_folder(out))), said
    if dataset not in KNOWN:
        raise UserError(f"{dataset} is none of {', '.join(KNOWN)}, nor a folder")
    if dataset == "helen68":
        log.warning("helen68: no real source was asked for or answered: drawn faces in its place")
    _store(out, {split: _faces(split) for split in SPLITS})
    return Origin.drawn("faces", digest(version_folder(out))), points


def _store(out: Path, splits: Mapping[str, Examples]) -> None:
    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "image/filename": tfds.features.Text(),
        "label": np.int64,  # -1: no object
        # Of a box its middle, width and height; else x, y of each point: of the sides.
        "coordinates": tfds.features.Tensor(shape=(None,), dtype=np.float32),
    }
    store(out, "places", features, splits)


def _of_files(folder: Path, counts: dict[int, Path] | None = None) -> Examples:
    """Pictures with their points. counts: an example of each number of points, of all splits."""
    found, counts = listing.listed(folder), {} if counts is None else counts
    if not found.files:
        raise UserError(f"{folder} holds no pictures with points: expected a.jpg and a.csv")
    for file in found.files:
        points = read_points(file.with_suffix(".csv"))
        counts[len(points)] = file
        if len(counts) > 1:
            said = " and ".join(f"{count} in {path.name}" for count, path in counts.items())
            raise UserError(f"{folder}: pictures should have the same number of points: {said}")
        height, width = read_image(file).shape[:2]
        coordinates = points / [width, height]
        if points.size > 2 and ((points >= 0) & (points <= 1)).all():
            raise UserError(f"{file.with_suffix('.csv')} has its points in 0..1: expected pixels")
        if np.abs(coordinates - 0.5).max() > FAR:
            raise UserError(
                f"{file.with_suffix('.csv')} has a point far outside its picture of "
                f"{width}x{height} pixels"
            )
        name = os.fsencode(file.relative_to(folder).as_posix()).decode(errors="backslashreplace")
        yield name, _example(stored(file), name, 0, coordinates)


def read_points(file: Path) -> np.ndarray:
    """(n, 2) pixels of a CSV file with x,y a line. Raises: UserError where it is none."""
    try:
        points = np.loadtxt(file, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{file} is not there: expected x,y of a point a line") from None
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{file} should hold x,y of a point a line: {error}") from None
    if not len(points) or points.shape[1] != 2 or not np.isfinite(points).all():
        raise UserError(f"{file} should hold x,y of a point a line, it has shape {points.shape}")
    return points


def _faces(split: str) -> Examples:
    for number, face in zip(PEOPLE[split], marked_faces(PEOPLE[split], FIRST_SEED), strict=True):
        yield _drawn(f"face{number}", face.image_rgb_uint8, 0, face.points_xy)


def _windows(split: str) -> Examples:
    for index, window in enumerate(windows(SCENES[split], FIRST_SEED + SPLITS.index(split))):
        name, picture = f"{split}_{index:05d}", window.image_rgb_uint8
        if window.box_xyxy is None or window.label is None:
            yield _drawn(name, picture, -1, np.zeros(4))
            continue
        corner, end = window.box_xyxy[:2], window.box_xyxy[2:]
        yield _drawn(name, picture, window.label, np.stack([(corner + end) / 2, end - corner]))


def _drawn(
    name: str, image_rgb_uint8: np.ndarray, label: int, coordinates: np.ndarray
) -> tuple[str, dict[str, Any]]:
    return name, _example(as_jpeg(image_rgb_uint8), f"{name}.jpg", label, coordinates)


def _example(
    picture: io.BytesIO, name: str, label: int, coordinates: np.ndarray | Sequence[float]
) -> dict[str, Any]:
    flat = np.asarray(coordinates, np.float32).ravel()
    return {"image": picture, "image/filename": name, "label": label, "coordinates": flat}
