"""Independent engines that run the same cfg and weights: witnesses for a conversion."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivenets.core.errors import UserError
from fivenets.detection import boxes, darknet, darknet_library, opencv_files, weights
from fivenets.detection.sections import read_sections

MINUTES = 10  # for Darknet, which takes some 10 s for a picture of 608 pixels a side


@dataclass(frozen=True)
class Answer:
    """What an engine says about n pictures: boxes and scores by its own decoding."""

    raw: np.ndarray  # (n, rows, columns, anchors * (5 + classes)), before any activation
    boxes_xyxy: np.ndarray  # (n, boxes, 4) in parts of the input, anchors fastest
    scores: np.ndarray  # (n, boxes, classes), p_c * class probability


class UnreadableError(UserError):
    """An engine cannot read a network: no witness, neither for nor against its conversion."""


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
    """OpenCV's importer of Darknet files. pictures: (n, height, width, channels) float32 in 0..1.

    Raises: UnreadableError for what it does not know, such as activation=elu or softmax=0.
    """
    import cv2

    region = _region_of(cfg_file)
    text = opencv_files.cfg(darknet.parse_file(cfg_file))
    numbers = opencv_files.weights_of(cfg_file, weights_file)
    try:
        raw, rows = _ask_opencv(text, numbers, pictures)
    except cv2.error as error:
        why = " ".join(str(error.err).split())
        raise UnreadableError(f"OpenCV cannot read {cfg_file.name}: {why}") from None
    # The importer's region layer suppresses by a threshold of its own and writes 0 over scores;
    # those are read from OpenCV's raw output.
    scores = np.where(rows[..., 5:] > 0, rows[..., 5:], ours(raw, region).scores)
    return Answer(raw, _xyxy(rows[..., :4]), scores)


def _ask_opencv(text: str, numbers: bytes, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raw output (n, rows, columns, channels), and rows (n, boxes, 5 + classes) decoded from it."""
    import cv2

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
    return np.array(raws), np.array(decoded)


def darknet_itself(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> Answer:
    """Darknet's own library, in a process of its own. pictures as for `opencv`."""
    network = darknet.parse_file(cfg_file)
    _check_darknet_computes(network, cfg_file.name)
    rows, columns, channels = network.layers[-1].shape
    # Darknet takes a BOM for a part of the first word, and \r for one of the last.
    text = cfg_file.read_bytes().decode("utf-8-sig").replace("\r", "")
    lines = text.split("\n")
    *_, last = read_sections(text, cfg_file.name)
    region = _region_of(cfg_file)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "pictures.npy", pictures)
        answers = []
        for content, classes in ((lines[: last.line - 1], 0), (lines, region.classes)):
            (folder / "net.cfg").write_text("\n".join(content) + "\n")
            out = folder / "answer.npz"
            files = [out, folder / "net.cfg", weights_file, folder / "pictures.npy"]
            arguments = [*files, rows * columns * channels, classes]
            names = f"{cfg_file.name} with {weights_file.name}"
            answers.append(ask_darknet("predict", arguments, out, names))
    before, decoded = answers
    count = len(pictures)
    raw = before["output"].reshape(count, channels, rows, columns).transpose(0, 2, 3, 1)

    def anchors_last(values: np.ndarray) -> np.ndarray:
        last = values.shape[-1]
        by_anchor = values.reshape(count, -1, rows * columns, last)
        return by_anchor.transpose(0, 2, 1, 3).reshape(count, -1, last)

    boxes_xyxy = _xyxy(anchors_last(decoded["boxes_xywh"]))
    return Answer(raw, boxes_xyxy, anchors_last(decoded["scores"]))


def _check_darknet_computes(network: darknet.Network, name: str) -> None:
    """Raises: UnreadableError for a convolution of size 1 that is not dense.

    Without cuDNN Darknet takes the input as it is for any size of 1, whatever stride and padding
    are (src/convolutional_layer.c, forward_convolutional_layer).
    """
    for layer in weights.convolutions(network):
        stride, padding = layer.section.integer("stride", 1), darknet.padding_of(layer.section)
        if weights.kernel_shape(layer)[-1] == 1 and (stride > 1 or padding):
            raise UnreadableError(
                f"Darknet on a CPU computes {name} line {layer.section.line} (size=1, "
                f"stride={stride}, padding={padding}) as if neither were given"
            )


def ask_darknet(command: str, arguments: list, out: Path, names: str) -> dict[str, np.ndarray]:
    """What `darknet_library.py` writes to `out`; `names` are of the files, for an error.

    Raises: UnreadableError where Darknet ends without an answer.
    """
    given = [darknet_library.library(), command, *arguments]
    done = subprocess.run(
        [sys.executable, "-P", darknet_library.__file__, *map(str, given)],
        # Debian's build links a window toolkit, which looks for a screen when it is loaded.
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60 * MINUTES,
        check=False,
    )
    # Darknet ends with 0 where it finds no file.
    if done.returncode or not out.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnreadableError(f"Darknet refuses {names}: {last}")
    with np.load(out) as answer:
        found = dict(answer)
    out.unlink()
    return found


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
