"""What a served model is asked, noted as numbers of each picture and never the picture.

A server whose environment has FIVENETS_WATCH appends a line for each picture to that file;
`drift` compares them with what the model was trained on.
"""

import json
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.core.images import resize

log = logging.getLogger(__name__)

VARIABLE = "FIVENETS_WATCH"
SIDE = 64  # pixels at which pictures are measured: what is seen of them does not hang on their size
MEASURES = {
    "brightness": "mean of the luma, 0..1",
    "contrast": "standard deviation of the luma",
    "sharpness": f"standard deviation of the Laplacian of the luma at {SIDE} pixels",
    "colour": "mean of the largest less the smallest channel, 0..1",
    "side": "pixels of the shorter side",
    "aspect": "width by height",
}
LUMA = np.array((0.299, 0.587, 0.114))  # ITU-R BT.601

Numbers = dict[str, list[float]]  # of each measure, one for each picture


def measured(image_rgb_uint8: np.ndarray) -> dict[str, float]:
    """MEASURES of one picture (height, width, 3)."""
    height, width = image_rgb_uint8.shape[:2]
    small = resize(image_rgb_uint8, SIDE) / 255
    luma = small @ LUMA
    beside = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    values = {
        "brightness": luma.mean(),
        "contrast": luma.std(),
        "sharpness": (beside - 4 * luma[1:-1, 1:-1]).std(),
        "colour": (small.max(axis=2) - small.min(axis=2)).mean(),
        "side": min(height, width),
        "aspect": width / height,
    }
    return {key: round(float(value), 5) for key, value in values.items()}


def note(images: Iterable[np.ndarray], model_file: str | os.PathLike) -> None:
    """Appends a line for each picture to the file that VARIABLE names, where it names one.

    A disk that is full costs the line and not the answer.
    """
    if not (place := os.environ.get(VARIABLE)):
        return
    about = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "model": _digest(model_file)}
    lines = [f"{json.dumps(about | measured(image))}\n" for image in images]
    try:
        with open(place, "ab", buffering=0) as stream:  # whole lines, whoever else appends
            stream.write("".join(lines).encode())
    except OSError as error:
        log.warning("%s=%s: %s: requests are not noted", VARIABLE, place, error.strerror)


@cache
def _digest(model_file: str | os.PathLike) -> str:
    return sha256(Path(model_file))


def of_pictures(images: Iterable[np.ndarray]) -> Numbers:
    """MEASURES of each picture."""
    rows = [measured(image) for image in images]
    return {key: [row[key] for row in rows] for key in MEASURES}


def asked(file: Path, digest: str) -> tuple[Numbers, dict[str, Any]]:
    """What `note` has left of the model with this digest, and what else is known of the lines.

    Raises: UserError where there is nothing of it.
    """
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    rows = [row for line in lines if (row := _row(line))]
    own = [row for row in rows if row["model"] == digest]
    if not own:
        why = f"all {len(rows):,} are of another model" if rows else "there is none"
        raise UserError(f"{file}: expected lines as {VARIABLE} leaves them of this model: {why}")
    times = sorted(str(row["time"]) for row in own)
    about = {"from": times[0], "to": times[-1], "of_others": len(rows) - len(own)}
    about["unreadable"] = len(lines) - len(rows)  # as where a disk was full
    return {key: [row[key] for row in own] for key in MEASURES}, about


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
        is_sound = np.isfinite([float(row[key]) for key in MEASURES]).all() and row["time"]
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return row if is_sound and isinstance(row.get("model"), str) else None
