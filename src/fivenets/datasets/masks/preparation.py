"""Pictures with masks -> a prepared TFDS data set, with `source.json` beside it.

A set is `camvid`, `scenes` (drawn, and what stands in for CamVid where it cannot be had), a folder
of images and masks, or a TFDS name.
"""

import io
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import files, listing
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets import overlap
from fivenets.datasets.masks import folder as folders
from fivenets.datasets.masks.prepared import VALUES, mask_of
from fivenets.datasets.objects.frames import frame_of
from fivenets.datasets.objects.storing import stored
from fivenets.datasets.opening import builder_in, rows_of, version_folder
from fivenets.datasets.settings import MaskSettings
from fivenets.datasets.splits import check_apart
from fivenets.datasets.storing import (
    as_jpeg,
    digest,
    download,
    is_folder,
    replacing,
    store,
    tfds_builder,
    write_source,
)
from fivenets.drawn.canvas import VOID
from fivenets.drawn.scenes import render_scenes
from fivenets.drawn.street import PIXEL_CLASSES
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch
from fivenets.sources.origin import Origin, in_words

log = logging.getLogger(__name__)

KNOWN = ("camvid", "scenes")
SCENES = {"train": 360, "validation": 100, "test": 200}  # pictures; each split has its own seed
FIRST_SEED = 100  # not those of scenes with boxes
FEATURES = ("image", "segmentation_mask")  # that a TFDS set needs

Names = Mapping[int, str] | None  # of the values in masks, where they are known


def prepare(settings: MaskSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args: source: "auto", "real" (nothing that is drawn) or "builtin" (nothing that is fetched).
    Raises: UserError, one sentence, where it cannot be had or be used.
    """
    with replacing(out) as scratch:
        origin, names = _write(settings, source, scratch, raw_dir)
        builder = builder_in(scratch)
        check_apart(builder, settings.train, settings.test)
        classes, notes = _survey(builder, settings, names)
        # By what was left out, `make` knows when it can be had after all.
        missing = ["camvid"] if settings.dataset == "camvid" and origin.is_drawn else []
        said = {"classes": classes, "left_out": missing, "notes": notes}
        counts = write_source(scratch, [origin], **said)
    for sentence in notes:
        log.warning("%s", sentence)
    log.info("%s, %s, classes: %s", in_words([origin]), counts, ", ".join(classes.values()))


def _write(settings: MaskSettings, source: str, out: Path, raw_dir: Path) -> tuple[Origin, Names]:
    """Writes the set; answers where it is from and, where it says so, what its values mean."""
    dataset = settings.dataset
    if dataset not in KNOWN and is_folder(dataset):
        place = files.expanded(dataset)
        found = folders.read(place)
        _store(out, {split: _of_files(pairs) for split, pairs in found.splits.items()})
        own = Origin.own(place.name, listing.everything(place).digest(), dataset)
        return own, found.classes
    if dataset == "camvid" and source != "builtin":
        fetched = fetch(ASSETS[dataset], raw_dir, source)
        if fetched:
            found = folders.read_camvid(fetched.folder)
            _store(out, {split: _of_files(pairs) for split, pairs in found.splits.items()})
            return fetched.origin, found.classes
    if dataset == "camvid":
        log.warning("camvid: no real source was asked for or answered: drawn streets in its place")
    if dataset in KNOWN:
        if source == "real":
            raise UserError(
                "scenes are drawn, and data.source is real: expected camvid where a mirror or the "
                "public host has it, a folder, or a TFDS name"
            )
        _store(out, {split: _drawn(split) for split in SCENES})
        return Origin.drawn("scenes", digest(version_folder(out))), dict(enumerate(PIXEL_CLASSES))
    if source == "builtin":
        raise UserError(
            f"{dataset} would have to be fetched, and data.source is builtin: expected camvid, "
            "scenes, or a folder"
        )
    return _download(dataset, settings, out, raw_dir)


def _store(out: Path, splits: Mapping[str, Iterator[tuple[str | bytes, dict]]]) -> None:
    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "image/filename": tfds.features.Text(),
        "segmentation_mask": tfds.features.Image(shape=(None, None, 1)),
    }
    store(out, "masks", features, splits)


def _of_files(pairs: list[folders.Masked]) -> Iterator[tuple[bytes, dict]]:
    for one in pairs:
        mask, picture = folders.read_mask(one.mask), read_image(one.picture)
        if mask.shape != picture.shape[:2]:
            sizes = [f"{width}x{height}" for height, width in (mask.shape, picture.shape[:2])]
            raise UserError(f"{one.mask} is {sizes[0]} pixels, its picture {sizes[1]}")
        frame = frame_of(one.picture)
        if frame.orientation > 1 and (frame.orientation < 5 or frame.width == frame.height):
            raise UserError(
                f"{one.picture} is turned or mirrored by an EXIF tag, and nothing says whether "
                f"{one.mask} is too: expected a picture that is stored upright"
            )
        key = os.fsencode(one.name)
        yield key, _example(stored(one.picture), key.decode(errors="backslashreplace"), mask)


def _drawn(split: str) -> Iterator[tuple[str, dict]]:
    seed = FIRST_SEED + list(SCENES).index(split)
    for index, scene in enumerate(render_scenes(SCENES[split], seed)):
        name = f"{split}_{index:04d}"
        yield name, _example(as_jpeg(scene.image_rgb_uint8), f"{name}.jpg", scene.mask)


def _example(picture: io.BytesIO, name: str, mask: np.ndarray) -> dict:
    return {"image": picture, "image/filename": name, "segmentation_mask": mask[..., None]}


def _download(name: str, settings: MaskSettings, out: Path, raw_dir: Path) -> tuple[Origin, Names]:
    builder = tfds_builder(name, out, "camvid, scenes")
    features = dict(builder.info.features or {})
    for key, channels in zip(FEATURES, (3, 1), strict=True):
        is_image = isinstance(features.get(key), tfds.features.Image)
        if not is_image or features[key].shape[-1] != channels or features[key].dtype != np.uint8:
            raise UserError(
                f"{name} should have the features image (colour) and segmentation_mask (a byte a "
                f"pixel), it has {', '.join(features)}"
            )
    if builder.info.splits:  # known before the download: then a wrong one need not wait for it
        check_apart(builder, settings.train, settings.test)
    names = getattr(features[FEATURES[1]], "names", None)
    return download(builder, name, raw_dir), dict(enumerate(names)) if names else None


def _survey(
    builder: tfds.core.DatasetBuilder, settings: MaskSettings, names: Names
) -> tuple[dict[int, str], list[str]]:
    """The classes by their values, in order, and what is to be said of the data."""
    trained, tested = (_counts(builder, split) for split in (settings.train, settings.test))
    counts = trained + tested
    found = [int(value) for value in np.flatnonzero(counts)]
    classes = dict(settings.classes or names or {})
    if not classes:  # VOC's border, and many a set's unlabelled pixels, are 255
        classes = {value: f"class {value}" for value in found if value != VOID}
    if sum(trained[value] > 0 for value in classes) < 2:
        raise UserError(
            f"{settings.train} should show 2 classes or more: masks have the values "
            f"{', '.join(map(str, found))}; name them under classes, as {{0: background, 255: cat}}"
        )
    if not any(tested[value] for value in classes):
        raise UserError(
            f"{settings.test} should show a class to score on: its masks have the values "
            f"{', '.join(map(str, np.flatnonzero(tested)))}, classes {', '.join(map(str, classes))}"
        )
    notes = []
    if void := [value for value in found if value not in classes]:
        share = counts[void].sum() / counts.sum()
        values = ", ".join(map(str, void))
        notes.append(f"{share:.1%} of the pixels are of no class (values {values})")
    if missing := [name for value, name in classes.items() if not trained[value]]:
        notes.append(f"{', '.join(missing)}: in no picture of {settings.train}, not to be learned")
    splits = {settings.train: settings.train, settings.test: settings.test}
    return dict(sorted(classes.items())), notes + overlap.shared(overlap.of_tfds(builder, splits))


def _counts(builder: tfds.core.DatasetBuilder, split: str) -> np.ndarray:
    """(256,) how many pixels of a split have each value."""
    return sum(
        (np.bincount(mask_of(row).ravel(), minlength=VALUES) for row in rows_of(builder, split)),
        np.zeros(VALUES, int),
    )
