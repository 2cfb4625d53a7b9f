"""Darknet's files -> a model file, with the evidence for it and an export beside it."""

import contextlib
import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fivenets.core import files
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.detection import certificate
from fivenets.detection.converted import ConvertedClassifier
from fivenets.detection.detector import read
from fivenets.fitting.engine import Export
from fivenets.runs import exporting, trust


def convert(
    cfg: Path,
    weights: Path,
    out: Path,
    labels: Sequence[str] | None,
    resize: str,
    images: Sequence[Path] = (),
) -> dict[str, Any]:
    """Writes `out` where other engines agree; returns the certificate.

    `answers_by` in it says whether OpenVINO answers for the file, or why Keras does.
    Raises: UserError where the files cannot be read, or an engine disagrees.
    """
    converted = read(cfg, weights, labels, resize)
    record = certificate.certify(converted, cfg, weights, images)
    if certificate.witnesses(record) and not certificate.is_equal(record):
        raise UserError(f"{out} is not written: engines disagree: {json.dumps(record['engines'])}")
    converted.save(out)
    white = 255.0 if isinstance(converted, ConvertedClassifier) else 1.0
    return record | {"answers_by": exported(out, white, 1e-5)}


def check_out(out: Path, inputs: Sequence[Path]) -> None:
    """Refuses, before any work, a model file whose export would take another file's place.

    Raises: UserError for a file of that name that is read, or that no export has left.
    """
    files.check_file(out, "--out", (".keras",), inputs, makes_folder=True)
    target = Export.of(out)
    ours = _digests(target.record)
    for file in filter(os.path.exists, dataclasses.astuple(target)):
        if not (ours if file == target.record else _has(file, ours.get(file.suffix))):
            raise UserError(
                f"--out {out} would replace {file.name}, which is no export of such a model: "
                "expected another name"
            )


def _has(file: Path, digest: str | None) -> bool:
    try:
        return sha256(file) == digest
    except OSError:  # a folder, or nobody may read it
        return False


def _digests(record: Path) -> dict[str, str]:
    """Of an export's files, by their endings, as its record says; none where it is no record."""
    try:
        return dict(json.loads(record.read_text())["sha256"])
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def exported(file: Path, white: float | None, tolerance: float) -> str:
    """Leaves a new model file of the user's with its export; says what answers for it.

    white: what 255 is to the network; None: it has no export. tolerance: see `Service`.
    """
    _delete_export(file)  # of another file of that name
    said = "Keras" if white is None else exporting.beside(file, white, tolerance, file.name)
    if not os.path.exists(Export.of(file).record):
        _delete_export(file)
    trust.remember(file)
    return said


def _delete_export(file: Path) -> None:
    for old in dataclasses.astuple(Export.of(file)):
        with contextlib.suppress(OSError):  # such as a name that is too long with another ending
            old.unlink()
