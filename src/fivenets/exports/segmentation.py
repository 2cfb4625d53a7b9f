"""A segmenter as it leaves the project: a number for each class of each pixel out."""

from pathlib import Path

import numpy as np

from fivenets.core.candidates import Candidate
from fivenets.datasets.masks import prepared
from fivenets.exports.served import Outputs, Served, evenly, named
from fivenets.fitting import model_files
from fivenets.segmentation import scoring
from fivenets.segmentation.augmentation import resized
from fivenets.segmentation.segmenter import Segmenter, best_class

OUTPUT = "logits"
MOST = 60  # pictures of the test set


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by the mean intersection over union at the pictures' own size."""
    segmenter = Segmenter.from_file(file)
    data = prepared.of_section(candidate.scored_on)
    examples, seen = evenly(data.test, MOST), evenly(data.train, calibrating)
    sides, classes = (segmenter.height, segmenter.width), len(segmenter.labels)

    def miou(outputs: Outputs) -> float:
        confusions = [
            scoring.confusion(one.mask, best_class(logits, *one.mask.shape), classes)
            for one, logits in zip(examples, outputs[OUTPUT], strict=True)
        ]
        return float(np.nanmean(scoring.intersection_over_union(np.sum(confusions, axis=0))))

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        same = one[OUTPUT].argmax(axis=-1) == other[OUTPUT].argmax(axis=-1)
        return {"same_class": float(same.mean())}

    step = 2**segmenter.depth
    return Served(
        network=named(model_files.load(file)[0], 255, [OUTPUT]),
        sides=sides,
        preparation=f"RGB, resized to about {sides[0]} by {sides[1]}, both multiples of {step}; "
        "litert takes these only",
        meanings={
            OUTPUT: "of each class at each pixel; enlarge to the picture (bilinear), then take the "
            "class of the largest"
        },
        also={"labels": list(segmenter.labels)},
        pictures=np.stack([resized(one.image_rgb_uint8, *sides) for one in examples]),
        tested_on=str(candidate.scored_on),
        training=[resized(one.image_rgb_uint8, *sides) for one in seen],
        metric="miou",
        score=miou,
        tolerance=0.01,
        apart=apart,
    )
