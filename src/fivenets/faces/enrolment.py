"""A user's folder of people -> a gallery that remembers, or a threshold of their own."""

import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fivenets.core import images, listing
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.files import GALLERY_FILE, check_folder
from fivenets.core.listing import Listing
from fivenets.datasets.faces.examples import FaceExample, cut
from fivenets.faces.calibration import Calibration
from fivenets.faces.embedder import BATCH_SIZE, Embedder, faces_in
from fivenets.faces.face import too_small
from fivenets.faces.recognition import Gallery

log = logging.getLogger(__name__)

MEASURED = ("far", "far_low", "far_high", "tar", "false_identification")


def opened(
    folder: Path, embedder: Embedder, is_cropped: bool, out: Path | None = None
) -> tuple[Gallery, list[str]]:
    """The gallery of a folder `<person>/<image>`, and why pictures were left out of it.

    Embeddings are kept in the folder: only pictures that are new or have changed, or that were
    cut in the other way, are computed.
    Args: out: where drawn copies go, which would be known people the next time.
    Raises: UserError for a folder without pictures, one embedded by another model, or one that
        `out` lies in.
    """
    if out:
        check_folder(out, "--out", apart_from=folder)
    file, found, kind = folder / GALLERY_FILE, _listed(folder), " cropped" if is_cropped else ""
    digests = {path: sha256(path) for path in found.files}
    claimed = _claimed_twice(digests, found)
    sources = {
        f"{found.name(path)} {digest}{kind}": path
        for path, digest in digests.items()
        if path not in claimed
    }
    if file.exists():
        stored = Gallery.load(file, embedder.model_sha256)
        if stored.embeddings.shape[1] != embedder.dimensions:
            raise UserError(
                f"{file} holds embeddings of {stored.embeddings.shape[1]} numbers, the model makes "
                f"{embedder.dimensions}: delete it to make it anew"
            )
    else:
        stored = Gallery(np.zeros((0, embedder.dimensions)), [], [], embedder.model_sha256)
    is_present = [source in sources for source in stored.sources]
    known = stored.kept(np.flatnonzero(is_present))
    old = set(known.sources)
    new = [source for source in sources if source not in old]
    embeddings, embedded, refused = _embedded([sources[name] for name in new], embedder, is_cropped)
    names = dict(zip(sources.values(), sources, strict=True))
    gallery = known.appended(
        embeddings,
        [found.folders(path)[0] for path in embedded],
        [names[path] for path in embedded],
    )
    if not all(is_present) or embedded:
        _keep(gallery, file)
    return gallery, [*claimed.values(), *refused]


def calibrated(
    folder: Path,
    embedder: Embedder,
    target_far: float,
    target_false_identification: float,
    folds: int,
    is_cropped: bool,
) -> tuple[Calibration, list[str]]:
    """The thresholds of a user's people, with what such ones do to others (see
    `evaluation.cross_validated`), and what was left out.
    """
    found = _listed(folder)
    left_out = _repeated({path: sha256(path) for path in found.files}, found)
    files = [path for path in found.files if path not in left_out]
    embeddings, files, refused = _embedded(files, embedder, is_cropped)
    refused = [*left_out.values(), *refused]
    people = np.array([found.folders(path)[0] for path in files])
    targets = target_far, target_false_identification
    from fivenets.faces import evaluation  # scikit-learn takes seconds to import
    from fivenets.faces.held_out import by_entries

    try:
        measured = evaluation.calibrated(embeddings, people, folds, *targets)
        held_out = evaluation.cross_validated(embeddings, people, *targets)
    except UserError as error:
        raise UserError(*refused, str(error)) from None
    calibration = Calibration(
        threshold=measured["threshold"],
        threshold_sd=measured["threshold_sd"],
        target_far=target_far,
        data=f"{folder.resolve().name} (folder)",
        data_digest=found.digest(),
        protocol=f"all pairs of {len(files):,} pictures",
        model_sha256=embedder.model_sha256,
        people=measured["people"],
        galleries=measured["galleries"],
        target_false_identification=target_false_identification,
        strangers_named=by_entries(held_out.get("false_identification"), people),
        cropped=is_cropped,
        **{key: held_out[key] for key in MEASURED if key in held_out},
    )
    return calibration, refused


def _repeated(digests: dict[Path, str], found: Listing) -> dict[Path, str]:
    """The files that are in the folders of two people, or once more in that of one, and why none
    of them may count."""
    repeated, first = _claimed_twice(digests, found), {}
    for path, digest in digests.items():
        if first.setdefault(digest, path) != path:
            repeated.setdefault(path, f"{path}: the same picture as {first[digest]}")
    return repeated


def _claimed_twice(digests: dict[Path, str], found: Listing) -> dict[Path, str]:
    """The files that are in the folders of two people, and what is wrong with each."""
    owners = defaultdict(set)
    for path, digest in digests.items():
        owners[digest].add(found.folders(path)[0])
    return {
        path: f"{path}: the same picture is {' and '.join(sorted(owners[digest]))}'s"
        for path, digest in digests.items()
        if len(owners[digest]) > 1
    }


def _listed(folder: Path) -> Listing:
    if not os.path.isdir(folder):
        raise UserError(f"{folder}: no such folder; expected one of pictures per person in it")
    found = listing.labelled(folder)
    if not found.files:
        why = found.sentence()
        raise UserError(
            f"the gallery {folder} is empty: expected pictures in one folder per person"
            f"{why and '; '}{why}"
        )
    found.say_labels()
    return found


def _keep(gallery: Gallery, file: Path) -> None:
    """Keeps the embeddings for the next time, where the folder can be written to."""
    try:
        gallery.save(file)
    except OSError as error:
        log.warning(
            "%s cannot be kept (%s): embeddings are computed again each time", file, error.strerror
        )


def _embedded(
    files: list[Path], embedder: Embedder, is_cropped: bool
) -> tuple[np.ndarray, list[Path], list[str]]:
    """Embeddings (n, d) of the pictures that can be used, these pictures, and why not the rest."""
    rows, embedded, refused = [np.zeros((0, embedder.dimensions))], [], []

    def align(pictures: Sequence[np.ndarray], names: Sequence[str]) -> list[np.ndarray | UserError]:
        crops: list[np.ndarray | UserError] = []
        for name, one in zip(names, faces_in(pictures, names, is_cropped), strict=True):
            if isinstance(one, UserError):
                crops.append(one)
                continue
            if small := too_small(one.sides([one.chosen])):
                log.warning("%s: %s", name, small)
            crops.append(images.resize(one.crop, embedder.image_size))
        return crops

    for start in range(0, len(files), BATCH_SIZE):
        batch = files[start : start + BATCH_SIZE]
        faces = cut(align, [FaceExample(path, "", str(path)) for path in batch])
        crops = {}
        for path, face in zip(batch, faces, strict=True):
            if isinstance(face, UserError):
                refused.append(str(face))
            else:
                crops[path] = face
        if crops:
            rows.append(embedder.embeddings(list(crops.values())))
            embedded += crops
    return np.concatenate(rows), embedded, refused
