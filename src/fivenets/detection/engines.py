"""Independent engines that run the same cfg and weights: witnesses for a conversion."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError
from fivenets.detection import boxes, darknet, darknet_library, weights

SMALL = 0.1  # variances above it hide the difference between the engines' epsilons
MINUTES = 10  # for Darknet, which takes some 10 s for a picture of 608 pixels a side


@dataclass(frozen=True)
class Answer:
    """What an engine says about n pictures: boxes and scores by its own decoding."""

    raw: np.ndarray  # (n, rows, columns, anchors * (5 + classes)), before any activation
    boxes_xyxy: np.ndarray  # (n, boxes, 4) in parts of the input, anchors fastest
    scores: np.ndarray  # (n, boxes, classes), p_c * class probability


def installed() -> dict[str, Callable[[Path, Path, np.ndarray], Answer]]:
    """The engines on this machine: name with version -> (cfg, weights, pictures) -> Answer."""
    found = {}
    try:
        import cv2

        found[f"opencv {cv2.__version__}"] = opencv
    except ImportError:
        pass
    if darknet_library.library():
        found["darknet"] = darknet_itself
    return found


def opencv(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> Answer:
    """OpenCV's importer of Darknet files. pictures: (n, height, width, 3) float32 in 0..1."""
    import cv2

    # A score below the cfg's `thresh` would read 0, and the last line of a key is the one it takes.
    text = cfg_file.read_text().rstrip() + "\nthresh=0\n"
    numbers = _for_opencv(cfg_file, weights_file)
    network = cv2.dnn.readNetFromDarknet(
        np.frombuffer(text.encode(), np.uint8), np.frombuffer(numbers, np.uint8)
    )
    # Winograd's transform is faster and loses about a digit.
    network.enableWinograd(False)
    *_, before_region, region = network.getLayerNames()
    raws, decoded = [], []
    for picture in pictures:
        network.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32))
        raw, rows = network.forward([before_region, region])
        raws.append(raw[0].copy())  # OpenCV has moved the channels last, for its region layer
        decoded.append(rows.copy())
    raw, rows = np.array(raws), np.array(decoded)
    # The importer's region layer suppresses by a threshold of its own and writes 0 over scores;
    # those are read from OpenCV's raw output.
    region = _region_of(cfg_file)
    scores = np.where(rows[..., 5:] > 0, rows[..., 5:], ours(raw, region).scores)
    return Answer(raw, _xyxy(rows[..., :4]), scores)


def darknet_itself(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> Answer:
    """Darknet's own library, in a process of its own. pictures as for `opencv`."""
    rows, columns, channels = darknet.parse_file(cfg_file).layers[-1].shape
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "pictures.npy", pictures)
        headless = folder / "headless.cfg"
        headless.write_text(cfg_file.read_text().rpartition("[region]")[0])
        numbers = rows * columns * channels
        before = _ask_darknet(headless, weights_file, folder, numbers, 0)["output"]
        classes = _region_of(cfg_file).classes
        decoded = _ask_darknet(cfg_file, weights_file, folder, numbers, classes)
    count = len(pictures)
    raw = before.reshape(count, channels, rows, columns).transpose(0, 2, 3, 1)

    def anchors_last(values: np.ndarray) -> np.ndarray:
        last = values.shape[-1]
        by_anchor = values.reshape(count, -1, rows * columns, last)
        return by_anchor.transpose(0, 2, 1, 3).reshape(count, -1, last)

    boxes_xyxy = _xyxy(anchors_last(decoded["boxes_xywh"]))
    return Answer(raw, boxes_xyxy, anchors_last(decoded["scores"]))


def _ask_darknet(
    cfg_file: Path, weights_file: Path, folder: Path, outputs: int, classes: int
) -> dict[str, np.ndarray]:
    files = [cfg_file, weights_file, folder / "pictures.npy", folder / "answer.npz"]
    arguments = [str(argument) for argument in (*files, outputs, classes)]
    done = subprocess.run(
        [sys.executable, "-P", darknet_library.__file__, *arguments],
        # Debian's build links a window toolkit, which looks for a screen when it is loaded.
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60 * MINUTES,
        check=False,
    )
    # Darknet ends with 0 where it finds no file.
    if done.returncode or not files[-1].exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"Darknet refuses {cfg_file.name} with {weights_file.name}: {last}")
    with np.load(files[-1]) as answer:
        found = dict(answer)
    files[-1].unlink()
    return found


def _for_opencv(cfg_file: Path, weights_file: Path) -> bytes:
    """The weights file; small variances in it changed so that OpenCV's deviations are Darknet's.

    OpenCV divides by sqrt(variance + 1e-6), Darknet by sqrt(variance) + 1e-6. At a variance of
    1e-6 that alone moves outputs by several per cent.
    """
    network = darknet.parse_file(cfg_file)
    header, found = weights.read_file(weights_file, network)
    if all(part.variances is None or part.variances.min() >= SMALL for part in found):
        return weights_file.read_bytes()
    changed = [
        part
        if part.variances is None
        else replace(part, variances=(np.sqrt(part.variances, dtype=float) + 1e-6) ** 2 - 1e-6)
        for part in found
    ]
    return weights.to_bytes(header, changed)


def _region_of(cfg_file: Path) -> darknet.Region:
    region = darknet.parse_file(cfg_file).region
    if region is None:
        raise UserError(f"{cfg_file.name} has no [region]: its output is not of boxes")
    return region


def _xyxy(boxes_xywh: np.ndarray) -> np.ndarray:
    centres, sides = boxes_xywh[..., :2], boxes_xywh[..., 2:]
    return np.concatenate([centres - sides / 2, centres + sides / 2], axis=-1)


def ours(raw: np.ndarray, region: darknet.Region) -> Answer:
    """This project's decoding of raw outputs (n, rows, columns, channels), as an `Answer`."""
    decoded = [boxes.decode(one, region) for one in raw]
    boxes_xyxy = np.array([one[0] for one in decoded])
    scores = np.array([confidence[:, None] * classes for _, confidence, classes in decoded])
    return Answer(raw, boxes_xyxy, scores)
