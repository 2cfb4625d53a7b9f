"""The prepared hands as one small file, for a machine without TensorFlow: `pack_hands.py FILE.npz`.

Needs `dvc repro prepare@hands`. Of each part, `<part>_images` are JPEG files of 64 x 64 pixels
(their bytes, end to end), `<part>_sizes` how many bytes each has, and `<part>_labels` what they
show; 6 is none of the six signs. Parts: train; hand5, who is validated with; hand2, who is tested
with, both before no photograph; and signs, the course's test pictures.
"""

import sys

import cv2
import numpy as np

from fivenets.classification import answers
from fivenets.datasets.classification import prepared

SIDE = 64  # pixels: what ResNet-50 sees
QUALITY = 93  # of JPEG; all of it is carried to another machine


def main(target: str) -> None:
    data = prepared.of_section("hands").at(SIDE)
    is_signs = data.column("test", "source") == "signs"
    packed: dict[str, np.ndarray] = {}
    for part, split, chosen in (
        ("train", "train", np.ones(data.counts["train"], bool)),
        ("hand5", "validation", answers.new_people(data, "validation")),
        ("hand2", "test", answers.new_people(data, "test")),
        ("signs", "test", is_signs),
    ):
        images, labels = data.arrays(split)
        files = [encoded(image) for image in images[chosen]]
        packed[f"{part}_images"] = np.concatenate(files)
        packed[f"{part}_sizes"] = np.array([len(file) for file in files])
        packed[f"{part}_labels"] = labels[chosen] % data.outputs
        print(part, len(files), np.bincount(packed[f"{part}_labels"]))
    np.savez(target, **packed)


def encoded(image: np.ndarray) -> np.ndarray:
    """A picture (h, w, 3) of RGB as the bytes of a JPEG file."""
    return cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].ravel()


if __name__ == "__main__":
    main(*sys.argv[1:])
