"""One data set -> one prepared TFDS data set, with `source.json` beside it.

A data set is `signs` (real or built-in), a folder of images by class, or any name that TFDS knows.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.images import is_image_file, read_image
from fivenets.datasets.classification.prepared import SOURCE_FILE, DataSettings
from fivenets.datasets.signs.signs_dataset_builder import Builder as Signs
from fivenets.datasets.storing import (
    digest,
    download,
    is_folder,
    replacing,
    tfds_builder,
    write_source,
)
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import answers, fetch
from fivenets.sources.origin import Kind, Origin

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")


def prepare(settings: DataSettings, source: str, out: Path, raw_dir: Path) -> None:
    """Writes the data set to `out`, replacing what is there only when all of it is done.

    Args:
        settings: its `dataset` is "signs", a folder `<class>/<image>` or
            `<split>/<class>/<image>`, or a TFDS name.
        source: for signs, "auto", "real" or "builtin" (see `fetch`).
    """
    dataset = settings.dataset
    with replacing(out) as scratch:
        if dataset == "signs":
            origin = _prepare_signs(scratch, raw_dir, source)
        elif is_folder(dataset):
            origin = _prepare_folder(Path(dataset).expanduser(), scratch, settings)
        else:
            origin = _prepare_tfds(dataset, scratch, raw_dir)
        counts = write_source(scratch, origin)
    log.info("%s: %s data, %s", dataset, origin.kind, counts)


def is_stale(dataset: str, out: Path, source: str) -> bool:
    """Whether what `prepare` would read now is better than, or differs from, what stands in `out`.

    DVC sees neither a mirror that appeared since, nor a user's folder.
    """
    if not (out / SOURCE_FILE).exists():
        return False
    record = json.loads((out / SOURCE_FILE).read_text())
    if "kind" not in record:  # by an older version, whose data DVC prepares again
        return False
    if record["kind"] == Kind.BUILTIN:
        if record["asset"] not in ASSETS:  # drawn by choice: there is nothing better
            return False
        return source != "builtin" and answers(ASSETS[record["asset"]])
    if record["kind"] == Kind.FOLDER:
        folder = Path(dataset).expanduser()
        return folder.is_dir() and record["digest"] != tree_sha256(folder)
    return False


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


def _prepare_folder(folder: Path, out: Path, settings: DataSettings) -> Origin:
    if not folder.is_dir():
        raise UserError(f"classification.dataset: {folder} is not a folder")
    files = _files_by_split(folder, settings)
    labels = sorted({label for examples in files.values() for _, label in examples})
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
            "label": tfds.features.ClassLabel(names=labels),
        }
    )
    tfds.dataset_builders.store_as_tfds_dataset(
        name="image_folder",
        version="1.0.0",
        features=features,
        split_datasets={split: _read_examples(examples) for split, examples in files.items()},
        data_dir=out,
    )
    return Origin.own(folder.name, tree_sha256(folder))


def _files_by_split(folder: Path, settings: DataSettings) -> dict[str, list[tuple[Path, str]]]:
    """(path, label) pairs of each split; a folder without splits is split class by class."""
    if (folder / "train").is_dir():
        missing = [split for split in SPLITS if not (folder / split).is_dir()]
        if missing:
            raise UserError(f"{folder} has a folder train but none named {', '.join(missing)}")
        found = {split: _files_by_label(folder / split) for split in SPLITS}
        unknown = {label for files in found.values() for label in files} - set(found["train"])
        if unknown:
            raise UserError(f"{folder}/train has no images of {', '.join(sorted(unknown))}")
    else:
        found = _split_by_label(_files_by_label(folder), settings)
    if len(found["train"]) < 2:
        raise UserError(f"{folder} holds {len(found['train'])} class: at least 2 are needed")
    return {
        split: [(path, label) for label, paths in files.items() for path in paths]
        for split, files in found.items()
    }


def _files_by_label(folder: Path) -> dict[str, list[Path]]:
    found = {
        label.name: list(filter(is_image_file, sorted(label.iterdir())))
        for label in sorted(folder.iterdir())
        if label.is_dir() and not label.name.startswith(".")
    }
    if not found:
        raise UserError(f"{folder} should hold one folder of images per class, it holds none")
    for label, paths in found.items():
        if not paths:
            raise UserError(f"{folder / label} holds no images")
    return found


def _split_by_label(
    files: dict[str, list[Path]], settings: DataSettings
) -> dict[str, dict[str, list[Path]]]:
    found: dict[str, dict[str, list[Path]]] = {split: {} for split in SPLITS}
    fractions = (settings.validation_fraction, settings.test_fraction)
    for label, paths in files.items():
        # At least one image for each of validation and test.
        validation, test = (max(1, round(fraction * len(paths))) for fraction in fractions)
        if len(paths) < validation + test + 1:
            raise UserError(
                f"class {label} has {len(paths)} image(s): at least {validation + test + 1} are "
                "needed, to train, validate and test on different ones"
            )
        order = np.random.default_rng(settings.split_seed).permutation(len(paths))
        shuffled = [paths[index] for index in order]
        found["validation"][label] = shuffled[:validation]
        found["test"][label] = shuffled[validation : validation + test]
        found["train"][label] = shuffled[validation + test :]
    return found


def _read_examples(examples: list[tuple[Path, str]]) -> Iterator[tuple[str, dict]]:
    for path, label in examples:
        # TFDS orders by a hash of the key, which therefore should not say where the folder is.
        yield f"{label}/{path.name}", {"image": read_image(path), "label": label}


def _prepare_tfds(name: str, out: Path, raw_dir: Path) -> Origin:
    builder = tfds_builder(name, out, "signs")
    features = builder.info.features
    if not {"image", "label"} <= set(features or ()) or not isinstance(
        features["label"], tfds.features.ClassLabel
    ):
        raise UserError(f"{name} should have the features image and label, it has {list(features)}")
    return download(builder, name, raw_dir)
