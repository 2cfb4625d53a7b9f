"""Independent engines that run the same cfg and weights: witnesses for a conversion."""

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fivenets.detection import boxes, darknet, darknet_library, opencv_files, witness
from fivenets.detection.darknet import Network
from fivenets.detection.regions import Region
from fivenets.detection.shapes import Shape
from fivenets.detection.witness import UnreadableError

MINUTES = 10  # for Darknet, which takes some 10 s for a picture of 608 pixels a side


@dataclass(frozen=True)
class Answer:
    """What an engine says about n pictures: boxes and scores by its own decoding."""

    raws: tuple[np.ndarray, ...]  # by scale (n, rows, columns, numbers), as `boxes.decode` takes it
    boxes_xyxy: np.ndarray  # (n, boxes, 4) in parts of the input, anchors fastest
    scores: np.ndarray  # (n, boxes, classes), p_c * class probability


def installed() -> dict[str, Callable[[Path, Path, np.ndarray], Answer]]:
    """The engines on this machine: name with version -> (cfg, weights, pictures) -> Answer."""
    found = {f"opencv {cv2.__version__}": opencv}
    if darknet_library.library():
        found["darknet"] = darknet_itself
    return found


def opencv(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> Answer:
    """OpenCV's importer of Darknet files. pictures: (n, height, width, channels) float32 in 0..1.

    Raises: UnreadableError for what it does not know, such as activation=elu or softmax=0.
    """
    network = darknet.parse_file(cfg_file)
    witness.check_opencv(network, cfg_file.name)
    text = opencv_files.cfg(network)
    weights = opencv_files.weights_of(network, weights_file)
    try:
        answers = _ask_opencv(text, weights, pictures)
    except cv2.error as error:
        why = " ".join(str(error.err).split())
        raise UnreadableError(f"OpenCV cannot read {cfg_file.name}: {why}") from None
    count = len(network.regions)
    if not count:
        return ours([np.array([last.reshape(1, 1, -1) for (last,) in answers])], ())
    raws = tuple(np.array([one[scale][0] for one in answers]) for scale in range(count))
    rows = np.array([np.concatenate(one[count:]) for one in answers])
    # The importer's region layer suppresses by a threshold of its own and writes 0 over scores;
    # those are read from OpenCV's raw output.
    scores = np.where(rows[..., 5:] > 0, rows[..., 5:], ours(raws, network.regions).scores)
    return Answer(raws, _xyxy(rows[..., :4]), scores)


def _ask_opencv(text: str, weights: bytes, pictures: np.ndarray) -> list[list[np.ndarray]]:
    """For each picture what each region layer receives (1, rows, columns, numbers), then its boxes.

    Of each box 5 + classes numbers. Of a classifier: what its last layer gives.
    """
    network = cv2.dnn.readNetFromDarknet(
        np.frombuffer(text.encode(), np.uint8), np.frombuffer(weights, np.uint8)
    )
    # Winograd's transform is faster and loses about a digit.
    network.enableWinograd(False)
    names = network.getLayerNames()
    heads = [place for place, name in enumerate(names) if network.getLayer(name).type == "Region"]
    # OpenCV moves the channels last in a layer of its own before each.
    asked = [names[place - 1] for place in heads] + [names[place] for place in heads]
    found = []
    for picture in pictures:
        network.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32))
        found.append([one.copy() for one in network.forward(asked or [names[-1]])])
    return found


def darknet_itself(cfg_file: Path, weights_file: Path, pictures: np.ndarray) -> Answer:
    """Darknet's own library, in a process of its own. pictures as for `opencv`."""
    network = darknet.parse_file(cfg_file)
    witness.check_darknet(network, cfg_file.name)
    # Darknet takes a BOM for a part of the first word, and \r for one of the last.
    lines = cfg_file.read_bytes().decode("utf-8-sig").replace("\r", "").split("\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "pictures.npy", pictures)

        def ask(content: list[str], outputs: int, classes: int) -> dict[str, np.ndarray]:
            (folder / "net.cfg").write_text("\n".join(content) + "\n")
            out = folder / "answer.npz"
            files = [out, folder / "net.cfg", weights_file, folder / "pictures.npy"]
            names = f"{cfg_file.name} with {weights_file.name}"
            return ask_darknet("predict", [*files, outputs, classes], out, names)

        # Cut off before a head, a network's answer is what that head would receive.
        before = [
            ask(lines[: head.section.line - 1], math.prod(head.shape), 0)["output"]
            for head in network.heads
        ]
        last = math.prod(network.layers[-1].shape)
        decoded = ask(lines, last, network.classes if network.regions else 0)
    if not network.regions:
        return ours([decoded["output"][:, None, None]], ())
    raws = tuple(
        _channels_last(raw, head.shape) for raw, head in zip(before, network.heads, strict=True)
    )
    return Answer(
        raws,
        _xyxy(_anchors_fastest(decoded["boxes_xywh"], network)),
        _anchors_fastest(decoded["scores"], network),
    )


def _channels_last(planes: np.ndarray, shape: Shape) -> np.ndarray:
    rows, columns, channels = shape
    return planes.reshape(-1, channels, rows, columns).transpose(0, 2, 3, 1)


def _anchors_fastest(values: np.ndarray, network: Network) -> np.ndarray:
    """(n, boxes, numbers) in the order of Darknet, whose [region] has anchors slowest, in ours."""
    found, start = [], 0
    for head, region in zip(network.heads, network.regions, strict=True):
        rows, columns, _ = head.shape
        end = start + rows * columns * len(region.anchors)
        of_head = values[:, start:end]
        if head.kind == "region":
            by_anchor = of_head.reshape(len(values), -1, rows * columns, values.shape[-1])
            of_head = by_anchor.transpose(0, 2, 1, 3).reshape(of_head.shape)
        found.append(of_head)
        start = end
    return np.concatenate(found, axis=1)


def ask_darknet(command: str, arguments: list, out: Path, names: str) -> dict[str, np.ndarray]:
    """What `darknet_library.py` writes to `out`; `names` are of the files, for an error.

    Raises: UnreadableError where Darknet ends without an answer, or does not end.
    """
    given = [darknet_library.library(), command, *arguments]
    try:
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
    except subprocess.TimeoutExpired:
        raise UnreadableError(f"Darknet took more than {MINUTES} minutes for {names}") from None
    # Darknet ends with 0 where it finds no file.
    if done.returncode or not out.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnreadableError(f"Darknet refuses {names}: {last}")
    with np.load(out) as answer:
        found = dict(answer)
    out.unlink()
    return found


def _xyxy(boxes_xywh: np.ndarray) -> np.ndarray:
    centres, sides = boxes_xywh[..., :2], boxes_xywh[..., 2:]
    return np.concatenate([centres - sides / 2, centres + sides / 2], axis=-1)


def ours(raws: Sequence[np.ndarray], regions: Sequence[Region]) -> Answer:
    """This project's decoding of raw outputs, by scale (n, rows, columns, numbers)."""
    if not regions:
        return Answer(tuple(raws), np.zeros((len(raws[0]), 0, 4)), np.zeros((len(raws[0]), 0, 0)))
    decoded = [
        [boxes.decode(one, region) for one in raw]
        for raw, region in zip(raws, regions, strict=True)
    ]
    pictures = [
        [np.concatenate(parts) for parts in zip(*scales, strict=True)]
        for scales in zip(*decoded, strict=True)
    ]
    boxes_xyxy = np.array([one[0] for one in pictures])
    scores = np.array([confidence[:, None] * classes for _, confidence, classes in pictures])
    return Answer(tuple(raws), boxes_xyxy, scores)
