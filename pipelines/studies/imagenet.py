"""MobileNetV2 with ImageNet's 1,000 classes as a model file, and beside TFLite's own interpreter.

Leaves models/imagenet/mobilenet_v2.keras, for `fivenets classify PHOTO --model` that file, and in
reports/studies/mobilenet_v2-tflite.json what both say to the same ten photographs.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fivenets.classification.classifier import Classifier
from fivenets.core import params, stage
from fivenets.core.images import read_image, resize
from fivenets.fitting import imagenet, inference
from fivenets.fitting.mobilenet_v2 import mobilenet_v2
from fivenets.runs import study, trust
from fivenets.sources.catalogue import ASSETS
from fivenets.sources.fetching import fetch

SIDE = 224  # pixels: what the weights were trained on
PHOTOGRAPHS = {  # by asset, the first of each by name
    "sklearn_photographs": ("*.jpg", 2),
    "darknet": ("data/*.jpg", 3),
    "course_street": ("*.jpg", 5),
}
MODEL = Path("models/imagenet/mobilenet_v2.keras")


def main() -> None:
    raw_dir, source = Path("data/raw"), params.load("data", "source")
    weights = imagenet.fetch("mobilenet_v2", "real", raw_dir)
    assert weights
    network = mobilenet_v2((SIDE, SIDE, 3), 1000, weights="imagenet")
    imagenet.load(network, "mobilenet_v2", weights.folder)
    labels = imagenet.load_logits(network, weights.folder)
    write(network, labels)
    paths = list(photographs(source, raw_dir))
    images = np.stack([resize(read_image(path), SIDE) for path in paths])
    ours = inference.outputs(network, images, len(images))
    tflite = weights.folder / imagenet.WEIGHTS["mobilenet_v2"].file
    reference, default = (
        interpreted(tflite, images, is_reference) for is_reference in (True, False)
    )
    found = {
        "command": study.command(),
        "sources": [weights.origin.record()],
        "photographs": [path.name for path in paths],
        "keras": [labels[best] for best in ours.argmax(axis=1)],
        "keras, reference kernels": compared(ours, reference, labels),
        "keras, default kernels": compared(ours, default, labels),
        "reference kernels, default kernels": compared(reference, default, labels),
    }
    file = study.write("mobilenet_v2-tflite", found)
    for pair, numbers in found.items():
        if isinstance(numbers, dict):
            print(
                f"{pair}: the same top-1 for {numbers['same_top_1']} of {len(paths)} photographs, "
                f"logits differ by {numbers['largest_logit_difference']:.2f} at most"
            )
    print(f"{file}; {MODEL}")


def write(network: keras.Model, labels: list[str], file: Path = MODEL) -> None:
    """A model file, which `fivenets classify` takes for our own."""
    Classifier(network, labels, subject="thing of ImageNet").save(file)
    trust.remember(file)


def photographs(source: str, raw_dir: Path) -> Iterator[Path]:
    """Ten of packages and the mirror."""
    for name, (pattern, count) in PHOTOGRAPHS.items():
        if found := fetch(ASSETS[name], raw_dir, source):
            yield from sorted(found.folder.glob(pattern))[:count]


def interpreted(file: Path, images: np.ndarray, is_reference: bool) -> np.ndarray:
    """(n, 1000) logits of TFLite's interpreter, which computes in integers of 8 bits.

    The file ends in a softmax rounded to 1/256: what goes into it is read instead.
    Args: is_reference: by the kernels that define the operations, else by those that are fast.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it will move to another package
        import tensorflow as tf

        kinds = tf.lite.experimental.OpResolverType
        model = tf.lite.Interpreter(
            str(file),
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=kinds.BUILTIN_REF if is_reference else kinds.AUTO,
        )
    model.allocate_tensors()
    (softmax,) = (one for one in model._get_ops_details() if one["op_name"] == "SOFTMAX")
    logits = int(softmax["inputs"][0])
    scale, zero = {one["index"]: one["quantization"] for one in model.get_tensor_details()}[logits]
    found = []
    for image in images:
        model.set_tensor(model.get_input_details()[0]["index"], image[None])
        model.invoke()
        found.append((model.get_tensor(logits)[0].astype(np.float32) - zero) * scale)
    return np.stack(found)[:, 1:]  # without background


def compared(one: np.ndarray, other: np.ndarray, labels: list[str]) -> dict[str, Any]:
    """How far two answers (n, 1000) are apart."""
    is_same = one.argmax(axis=1) == other.argmax(axis=1)
    return {
        "same_top_1": int(is_same.sum()),
        "largest_logit_difference": round(float(np.abs(one - other).max()), 3),
        "others": [labels[best] for best in other.argmax(axis=1)],
    }


if __name__ == "__main__":
    stage.run(main)
