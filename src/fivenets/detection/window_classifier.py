"""The detectors that came before: a classifier of windows, slid over a picture or put on regions.

The notes' ladder: each window by itself, all windows by one convolution (`windows`), and only
regions that look like something (R-CNN, Girshick et al. 2014).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import keras
import numpy as np
from keras import layers, ops

from fivenets.detection import boxes
from fivenets.detection.detector import Detection
from fivenets.fitting import inference

SIDE, STRIDE = 32, 4  # pixels of a window; from one to the next, which two halvings make
MARGIN = 1.2  # a window's side by the longer side of the object in it
ZOOMS = (2.0, 1.41, 1.0, 0.71, 0.5, 0.35, 0.25)  # sizes at which a picture is looked at
BACKGROUND = 0  # the class of a window without an object in its middle
LEAST_SCORE = 0.05
PROFILE = boxes.Profile(LEAST_SCORE, 0.3, best_class_only=True, per_class=True)
BATCH_SIZE = 512  # windows


@dataclass(frozen=True)
class WindowClassifier:
    """A network of windows, what it knows, and how wide and high in a window each class is."""

    network: keras.Model  # (n, SIDE, SIDE, 3) in 0..255 -> logits (n, 1 + labels)
    labels: tuple[str, ...]
    shapes: np.ndarray  # (labels, 2) as parts of a window's side


def build(classes: int) -> keras.Model:
    """A network of one window in the manner of LeNet-5: nothing is padded, so that it slides."""
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(16, 5, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(32, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(64, activation="relu", name="fc3"),
            layers.Dense(1 + classes, name="logits"),
        ],
        name="window",
    )


def window_of(box_xyxy: np.ndarray) -> np.ndarray:
    """(4,) the square window in whose middle a box is, in pixels."""
    middle, sides = (box_xyxy[:2] + box_xyxy[2:]) / 2, box_xyxy[2:] - box_xyxy[:2]
    half = MARGIN * sides.max() / 2
    return np.concatenate([middle - half, middle + half])


def crop(image_rgb_uint8: np.ndarray, window_xyxy: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 of a window, beyond the picture's edges its last pixels."""
    left, top, right, bottom = np.round(window_xyxy).astype(int)
    height, width = image_rgb_uint8.shape[:2]
    rows = np.clip(np.arange(top, max(bottom, top + 1)), 0, height - 1)
    columns = np.clip(np.arange(left, max(right, left + 1)), 0, width - 1)
    cut = image_rgb_uint8[rows[:, None], columns]
    return cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def crops(
    image_rgb_uint8: np.ndarray,
    boxes_xyxy: np.ndarray,
    classes: np.ndarray,
    rng: np.random.Generator,
    of_each: int = 4,
) -> tuple[list[np.ndarray], list[int]]:
    """Windows to learn from: of each object some that are a little off, and as many of none.

    Args: boxes_xyxy: (n, 4) in pixels; classes: (n,).
    """
    found, labels = [], []
    windows = [window_of(box) for box in boxes_xyxy]
    for window, label in zip(windows, classes, strict=True):
        for _ in range(of_each):
            side = window[2] - window[0]
            off = window + np.tile(rng.uniform(-0.06, 0.06, 2) * side, 2)
            grow = rng.uniform(-0.1, 0.1) * side / 2
            found.append(crop(image_rgb_uint8, off + grow * np.array([-1, -1, 1, 1])))
            labels.append(1 + int(label))
    height, width = image_rgb_uint8.shape[:2]
    for _ in range(2 * of_each * len(windows)):
        side = np.exp(rng.uniform(*np.log([SIDE / max(ZOOMS), SIDE / min(ZOOMS)])))
        corner = rng.uniform(-0.2, 1, 2) * [width, height]
        window = np.concatenate([corner, corner + side])
        if boxes.iou(window, np.stack(windows)).max() < 0.3:
            found.append(crop(image_rgb_uint8, window))
            labels.append(BACKGROUND)
    return found, labels


def one_by_one(network: keras.Model, image_rgb_uint8: np.ndarray) -> np.ndarray:
    """(rows, columns, k) logits of every window of a picture, cut out and asked by itself."""
    rows, columns = ((side - SIDE) // STRIDE + 1 for side in image_rgb_uint8.shape[:2])
    cut = [
        image_rgb_uint8[y : y + SIDE, x : x + SIDE]
        for y in range(0, rows * STRIDE, STRIDE)
        for x in range(0, columns * STRIDE, STRIDE)
    ]
    answers = inference.outputs(network, np.stack(cut).astype(np.float32), BATCH_SIZE)
    return answers.reshape(rows, columns, -1)


def at_once(turned: keras.Model, image_rgb_uint8: np.ndarray) -> np.ndarray:
    """The same by a network that `windows.as_convolutions` has turned."""
    return inference.outputs(turned, image_rgb_uint8[None].astype(np.float32), 1)[0]


def slide(
    classifier: WindowClassifier,
    image_rgb_uint8: np.ndarray,
    answers: Callable[[np.ndarray], np.ndarray],
) -> list[Detection]:
    """What is found at several sizes of a picture, best first.

    Args: answers: `one_by_one` or `at_once` of the classifier's network.
    """
    squares, logits = [], []
    height, width = image_rgb_uint8.shape[:2]
    for zoom in ZOOMS:
        sides = round(width * zoom), round(height * zoom)
        if min(sides) < SIDE:
            continue
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        found = answers(cv2.resize(image_rgb_uint8, sides, interpolation=method))
        y, x = STRIDE * np.indices(found.shape[:2])
        corners = np.stack([x, y, x + SIDE, y + SIDE], axis=-1) / zoom
        squares.append(corners.reshape(-1, 4))
        logits.append(found.reshape(-1, found.shape[-1]))
    kept, classes, scores = _seen(np.concatenate(logits))
    shown = np.concatenate(squares)[kept]
    middle, sides = (shown[:, :2] + shown[:, 2:]) / 2, shown[:, 2:] - shown[:, :2]
    half = sides * classifier.shapes[classes] / 2
    found = np.concatenate([middle - half, middle + half], axis=1)
    return _best(classifier, found, classes, scores)


def selective_search(image_rgb_uint8: np.ndarray) -> np.ndarray:
    """(n, 4) boxes in pixels of what may be an object (Uijlings et al. 2013, in its fast mode).

    Neighbouring parts of a picture are joined, the most alike first, and each that comes of it is
    proposed: some hundreds in a picture of 240x336, the same ones each time.
    """
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(cv2.cvtColor(image_rgb_uint8, cv2.COLOR_RGB2BGR))
    search.switchToSelectiveSearchFast()
    left, top, width, height = np.unique(search.process(), axis=0).T  # it gives them shuffled
    return np.stack([left, top, left + width, top + height], axis=1)


def on_regions(
    classifier: WindowClassifier, image_rgb_uint8: np.ndarray, regions_xyxy: np.ndarray
) -> list[Detection]:
    """Which of some regions (n, 4) in pixels are objects by the windows about them, best first."""
    if not len(regions_xyxy):
        return []
    squares = [window_of(region) for region in regions_xyxy]
    cut = np.stack([crop(image_rgb_uint8, square) for square in squares]).astype(np.float32)
    kept, *seen = _seen(inference.outputs(classifier.network, cut, BATCH_SIZE))
    return _best(classifier, regions_xyxy[kept], *seen)


def _seen(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of windows (n, k): which show an object, and the class and score of each that does."""
    chances = np.asarray(ops.softmax(logits))[:, 1:]
    return boxes.select(np.ones(len(chances)), chances, PROFILE)


def _best(
    classifier: WindowClassifier, found_xyxy: np.ndarray, classes: np.ndarray, scores: np.ndarray
) -> list[Detection]:
    return [
        Detection(classifier.labels[classes[at]], float(scores[at]), *map(float, found_xyxy[at]))
        for at in boxes.suppress(found_xyxy, scores, classes, PROFILE)
    ]


def shapes_of(
    boxes_xyxy: Sequence[np.ndarray], classes: Sequence[np.ndarray], count: int
) -> np.ndarray:
    """(count, 2) mean width and height of each class' boxes (n, 4), as parts of their windows."""
    all_boxes, all_classes = np.concatenate(boxes_xyxy), np.concatenate(classes)
    sides = all_boxes[:, 2:] - all_boxes[:, :2]
    parts = sides / (MARGIN * sides.max(axis=1, keepdims=True))
    return np.stack([parts[all_classes == label].mean(axis=0) for label in range(count)])
