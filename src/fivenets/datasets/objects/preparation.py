"""Sets of pictures with boxes -> one prepared TFDS data set, with `source.json` beside it.

A set is `scenes` (drawn), `camvid` (streets), `bccd` (blood cells), a Pascal-VOC folder, or a TFDS
name.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from fivenets.core import files, listing
from fivenets.core.errors import UserError
from fivenets.datasets.objects import camvid, merging, survey, voc
from fivenets.datasets.objects.prepared import ObjectSettings
from fivenets.datasets.objects.storing import Said, boxed, store, store_folder
from fivenets.datasets.opening import version_folder
from fivenets.datasets.splits import check_apart
from fivenets.datasets.storing import (
    as_jpeg,
    digest,
    download,
    is_folder,
    replacing,
    tfds_builder,
    write_source,
)
from fivenets.drawn.scenes import render_scenes
from fivenets.drawn.street import CLASSES
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import MIRROR_VARIABLE, fetch
from fivenets.sources.origin import Origin, in_words

log = logging.getLogger(__name__)

SCENES = {"train": 800, "test": 200}  # pictures; each split has a seed of its own
FETCHED: dict[str, Callable[[Path], voc.Folder]] = {  # and how each is read
    "camvid": camvid.read,
    "bccd": lambda folder: voc.read(folder / "BCCD"),
}
LINES = 20  # of the log on what was left out; source.json has all


def prepare(settings: ObjectSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data sets to `out` as one, replacing what is there only when all of it is done.

    Annotated boxes are cut at the picture's edges; those without area are left out. Of several
    data sets those are left out that cannot be had. What was left out or assumed is named in
    source.json.

    Args: source: "auto", "real" (nothing that is drawn) or "builtin" (nothing that is fetched).
    """
    said = Said()
    with replacing(out) as scratch:
        if isinstance(settings.dataset, str):
            origins = [_write(settings.dataset, settings, source, scratch, raw_dir, said)]
            missing = []
        else:
            origins, missing = _write_all(settings, source, scratch, raw_dir, said)
        left_out, notes = survey.of(scratch, settings)
        said.left_out += left_out
        said.notes += notes
        said_so = {"left_out": missing + said.left_out, "notes": said.notes}
        counts = write_source(scratch, origins, **said_so)
    for sentence in said.left_out[:LINES]:
        log.warning("left out: %s", sentence)
    if said.left_out:
        log.warning("left out: %d boxes in all; source.json names each", len(said.left_out))
    for sentence in said.notes:
        log.warning("%s", sentence)
    log.info("%s, %s", in_words(origins), counts)


def _write_all(
    settings: ObjectSettings, source: str, out: Path, raw_dir: Path, said: Said
) -> tuple[list[Origin], list[str]]:
    """Writes all sets that can be had as one; answers where they are from, and what is missing."""
    origins, missing = {}, []
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        for number, name in enumerate(settings.weights):
            try:
                part = Path(scratch, str(number))
                origins[name] = _write(name, settings, source, part, raw_dir, said)
            except UnavailableError as error:
                log.warning("%s; going on without it", error)
                missing.append(name)
        if not origins:
            raise UserError(f"none of {', '.join(missing)} can be had: expected one that can")
        parts = [(name, Path(scratch, str(list(settings.weights).index(name)))) for name in origins]
        merging.merge(parts, out)
    return list(origins.values()), missing


class UnavailableError(UserError):
    """A data set that is known, and that no source gives here and now."""


def _write(
    dataset: str, settings: ObjectSettings, source: str, out: Path, raw_dir: Path, said: Said
) -> Origin:
    """Writes one set and answers where it is from; adds to `said`.

    Raises: UnavailableError where nothing has it.
    """
    if dataset == "scenes":
        if source == "real":
            raise UserError(
                "scenes are drawn, and data.source is real: expected "
                f"{', '.join(FETCHED)}, a Pascal-VOC folder, a TFDS name, or data.source auto"
            )
        store(out, CLASSES, {split: _drawn(split) for split in SCENES})
        return Origin.drawn("scenes", digest(version_folder(out)))
    if is_folder(dataset):
        folder = files.expanded(dataset)
        store_folder(voc.read(folder), settings, out, said)
        return Origin.own(folder.name, listing.everything(folder).digest(), str(dataset))
    if source == "builtin":
        raise UnavailableError(
            f"{dataset} would have to be fetched, and data.source is builtin: expected scenes, a "
            "Pascal-VOC folder, or data.source auto or real"
        )
    if dataset in FETCHED:
        found = fetch(ASSETS[dataset], raw_dir, source)
        if found is None:
            raise UnavailableError(
                f"{dataset}: neither a mirror nor the public host has it, and nothing like it is "
                f"built in: set {MIRROR_VARIABLE} to a mirror"
            )
        store_folder(FETCHED[dataset](found.folder), settings, out, said)
        return found.origin
    return _download(dataset, settings, out, raw_dir)


def _drawn(split: str) -> Iterator[tuple[str, dict]]:
    seed = list(SCENES).index(split)
    for index, scene in enumerate(render_scenes(SCENES[split], seed)):
        height, width = scene.image_rgb_uint8.shape[:2]
        file = as_jpeg(scene.image_rgb_uint8)
        objects = [
            boxed(box / [width, height, width, height], CLASSES[label], False)
            for box, label in zip(scene.boxes_xyxy, scene.classes, strict=True)
        ]
        name = f"{split}_{index:04d}"
        yield name, {"image": file, "image/filename": f"{name}.jpg", "objects": objects}


def _download(name: str, settings: ObjectSettings, out: Path, raw_dir: Path) -> Origin:
    builder = tfds_builder(name, out, ", ".join(["scenes", *FETCHED]))
    features = dict(builder.info.features or {})
    inside = getattr(features.get("objects"), "feature", {})
    if (
        not isinstance(features.get("image"), tfds.features.Image)
        or not {"bbox", "label"} <= set(inside)
        or not isinstance(inside["label"], tfds.features.ClassLabel)
    ):
        raise UserError(
            f"{name} should have the features image, objects/bbox and objects/label, it has "
            f"{', '.join(features)}"
        )
    if builder.info.splits:  # known before the download: then a wrong one need not wait for it
        check_apart(builder, settings.train, settings.test)
    return download(builder, name, raw_dir)
