"""A registered model -> a folder with its export, certified, and a document beside it."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from fivenets import tasks
from fivenets.core import candidates, files
from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.exports import certificate, formats
from fivenets.exports.served import INPUT, Served
from fivenets.runs import registry

DOCUMENT = "export.json"
CALIBRATING = 300  # pictures of the training set, to choose int8's ranges by


def export(model: str, form: str, out: Path, is_int8: bool, is_forced: bool) -> dict[str, Any]:
    """Writes the folder `out`; returns its document.

    Raises: UserError where the model is unknown or has no export, its data are not there, a
        package is missing, or the certificate fails and is not forced; nothing is written then.
    """
    check_out(out)
    formats.check(form, is_int8)
    version = registry.version_of(model)
    candidate = candidates.find(version.tags.get("model", version.name))
    served = served_by(candidate, registry.model_file(model), CALIBRATING if is_int8 else 0)
    # Missing packages come last: nobody should install any for an export that cannot be.
    written = formats.find(form, is_int8)
    training = [picture[None] for picture in served.training] if is_int8 else None
    with _folder(out) as folder, keras.device("cpu:0"):
        with contextlib.redirect_stdout(sys.stderr):  # NNCF shows there how it goes
            written.write(served, folder, training)
        record = certificate.certify(served, written, folder, is_int8)
        if record["failures"] and not is_forced:
            said = "; ".join(record["failures"])
            raise UserError(f"{out} is not written: {said}; --force writes it all the same")
        document = {
            "model": f"{version.name}/{version.version}",
            "candidate": candidate.name,
            "format": form,
            "int8": is_int8,
            **described(served),
            "files": {
                str(file.relative_to(folder)): sha256(file)
                for file in sorted(folder.rglob("*"))
                if file.is_file()
            },
            "certificate": record,
        }
        (folder / DOCUMENT).write_text(json.dumps(document, indent=2) + "\n")
    return document


def served_by(candidate: Candidate, file: Path, calibrating: int = 0) -> Served:
    """The candidate's network, and what it is judged by.

    Args: calibrating: how many pictures of the training set int8's ranges are chosen by.
    Raises: UserError for a task whose networks have no export, and where its data are missing.
    """
    if candidate.task == "style":
        raise UserError(
            f"{candidate.name} has no export: what is asked of it is gradients, not outputs"
        )
    module = tasks.module_in("exports", candidate.task)
    if module is None:
        raise UserError(f"{candidate.name} has no export: its task is {candidate.task}")
    for section in (candidate.data, candidate.scored_on):
        if section and not Path("data", section).is_dir():
            raise UserError(
                f"data/{section} is not there, by which an export is judged: run "
                f"`python pipelines/prepare.py {candidate.task} {section}` in the project's folder"
            )
    return module.served(candidate, file, calibrating)


def described(served: Served) -> dict[str, Any]:
    """Input and outputs in words, for whoever has the files and not this project."""
    return {
        "input": {
            "name": INPUT,
            "shape": served.network.input_shape,
            "dtype": "uint8",
            "preparation": served.preparation,
        },
        "outputs": [
            {"name": name, "shape": one.shape, "dtype": one.dtype, "meaning": served.meanings[name]}
            for name, one in served.network.output.items()
        ],
        **served.also,
    }


def check_out(out: Path) -> None:
    """Refuses, before any work, what cannot become a new folder, or holds other files than an
    earlier export.

    Raises: UserError.
    """
    for folder in (out, out.parent):
        files.check_folder(folder, "--out")
    if not out.is_dir():
        return
    if out.is_mount() or Path.cwd().is_relative_to(out.resolve()):
        raise UserError(f"--out {out} cannot be replaced: name a folder in it")
    try:
        ours = {DOCUMENT, *json.loads((out / DOCUMENT).read_text())["files"]}
    except (OSError, ValueError, LookupError, TypeError):
        ours = set()
    there = {str(file.relative_to(out)) for file in out.rglob("*") if not file.is_dir()}
    if there - ours:
        raise UserError(f"--out {out} holds other files: expected a new folder, or an export's")


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A new folder that becomes `out` after the block; after an error nothing has changed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fivenets-part-", dir=out.parent) as scratch:
        made = Path(scratch, "new")
        made.mkdir()
        yield made
        old = Path(scratch, "old")
        try:
            if out.exists():
                os.replace(out, old)
            os.replace(made, out)
        except BaseException:
            if old.exists():
                os.replace(old, out)
            raise
