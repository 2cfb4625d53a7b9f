"""One data set -> one prepared TFDS data set, with `source.json` beside it.

A data set is `signs` (real or built-in), `course_cats`, a folder of images by class, any name that
TFDS knows, or several of hands with a weight each (`mixture`).
"""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from fivenets.core import files
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.core.listing import Listing
from fivenets.datasets import class_folders
from fivenets.datasets.class_folders import ClassFolder
from fivenets.datasets.classification import cats, from_tfds, mixture
from fivenets.datasets.classification.prepared import DataSettings, split_expressions
from fivenets.datasets.opening import SOURCE_FILE, builder_in, record_in
from fivenets.datasets.signs.signs_dataset_builder import Builder as Signs
from fivenets.datasets.storing import (
    digest,
    download,
    is_folder,
    replacing,
    store,
    write_source,
)
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import answers, fetch
from fivenets.sources.origin import Kind, Origin, in_words

log = logging.getLogger(__name__)

THE_COURSES = ("signs", cats.NAME)  # their published test pictures stay as they are


def prepare(settings: DataSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    What was left out, and which examples are in two splits, is logged and in source.json.
    Args:
        settings: its `dataset` is "signs", "course_cats", a folder `<class>/<image>` or
            `<split>/<class>/<image>`, a TFDS name, or weights by name.
        source: for signs, "auto", "real" or "builtin" (see `fetch`).
    """
    dataset, left_out = settings.dataset, []
    with replacing(out) as scratch:
        if isinstance(dataset, dict):
            origins, left_out, notes = mixture.prepare(settings, source, scratch, raw_dir)
        elif is_folder(dataset) and dataset != "signs":
            origin, notes = _prepare_folder(files.expanded(dataset), scratch, settings)
            origins = [origin]
        else:
            if dataset == "signs":
                origins = [_prepare_signs(scratch, raw_dir, source)]
            elif dataset == cats.NAME:
                origins = [_prepare_cats(scratch, raw_dir, source)]
            else:
                origins = [_prepare_tfds(dataset, scratch, raw_dir)]
            notes = _shared(scratch, settings)
        said = {"notes": notes, "left_out": left_out}
        said = {key: value for key, value in said.items() if value}
        counts = write_source(scratch, origins, **said)
    for sentence in notes:
        log.warning("%s", sentence)
    log.info("%s: %s", in_words(origins), counts)


def is_stale(
    dataset: Any, out: Path, source: str, listed: Callable[[Path], Listing] = class_folders.listed
) -> bool:
    """Whether what `prepare` would read now is better than, or differs from, what stands in `out`.

    DVC sees neither a mirror that appeared since, nor a user's folder.
    Args: dataset: as in params.yaml. listed: what would be read of a user's folder.
    """
    if not (out / SOURCE_FILE).exists():
        return False
    record = record_in(out)

    def is_to_be_had(asset: str) -> bool:
        return source != "builtin" and asset in ASSETS and answers(ASSETS[asset])

    def is_other(used: dict[str, Any]) -> bool:
        if used.get("kind") == Kind.BUILTIN:  # where it was drawn by choice, it is no asset
            return is_to_be_had(used["asset"])
        if used.get("kind") == Kind.FOLDER:
            folder = files.expanded(used.get("file") or dataset)
            return os.path.isdir(folder) and used["digest"] != listed(folder).digest()
        return False

    missing = any(map(is_to_be_had, record.get("left_out", ())))
    return missing or any(map(is_other, record.get("sources", [record])))


def _prepare_signs(out: Path, raw_dir: Path, source: str) -> Origin:
    found = fetch(ASSETS["signs"], raw_dir, source)
    if found is None:
        log.warning("signs: no real source was asked for or answered: drawing the built-in ones")
        builder = Signs(data_dir=out, config="builtin")
        builder.download_and_prepare()
        return Origin.drawn("signs", digest(Path(builder.data_dir)))
    builder = Signs(data_dir=out, config="real")
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(manual_dir=found.folder)
    )
    return found.origin


def _prepare_cats(out: Path, raw_dir: Path, source: str) -> Origin:
    found = fetch(ASSETS[cats.NAME], raw_dir, source)
    if found is None:
        raise UserError(
            f"{cats.NAME} cannot be had: neither mirror nor host has it, nor is it drawn"
        )
    cats.store(found.folder, out)
    return found.origin


def _prepare_folder(folder: Path, out: Path, settings: DataSettings) -> tuple[Origin, list[str]]:
    if not os.path.isdir(folder):
        raise UserError(f"classification.dataset: {folder} is not a folder")
    found = class_folders.read(folder, settings)
    labels = sorted(found.splits["train"])
    if len(labels) < 2:
        raise UserError(f"{folder} holds {len(labels)} class: at least 2 are needed")
    features = {
        "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
        "label": tfds.features.ClassLabel(names=labels),
    }
    splits = {split: _read_examples(found, split) for split in class_folders.SPLITS}
    store(out, "image_folder", features, splits)
    return Origin.own(folder.name, found.pictures.digest()), found.notes


def _read_examples(found: ClassFolder, split: str) -> Iterator[tuple[bytes, dict]]:
    for label, paths in found.splits[split].items():
        for file in paths:
            # TFDS orders by a hash of the key.
            yield found.key(file, label), {"image": read_image(file), "label": label}


def _prepare_tfds(name: str, out: Path, raw_dir: Path) -> Origin:
    builder = from_tfds.builder_of(name, out, "signs")
    return download(builder, name, raw_dir)


def _shared(folder: Path, settings: DataSettings) -> list[str]:
    """A sentence for each two splits that share examples; the course's own do (SIGNS).

    Raises: UserError where two splits of TFDS are, for more than a few examples, the same.
    """
    builder = builder_in(folder)
    if "train" not in builder.info.splits:  # which `load` says
        return []
    expressions = split_expressions(list(builder.info.splits), settings)
    tolerated = 1.0 if settings.dataset in THE_COURSES else from_tfds.TOLERATED
    return from_tfds.shared(builder, expressions, settings.dataset, tolerated)
