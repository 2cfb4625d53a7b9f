"""A feed-forward painter as it leaves the project: a picture out."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from fivenets.core import images, params
from fivenets.core.candidates import Candidate
from fivenets.exports.served import Outputs, Served, named
from fivenets.fitting import model_files
from fivenets.style import photographs
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.settings import STRIDE, FastPlan

OUTPUT = "painted"
MOST = 6  # photographs


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by the likeness (SSIM) to what Keras paints of photographs."""
    stylizer = FastStylizer.from_file(file)
    side = stylizer.settings.size // STRIDE * STRIDE
    where = params.settings(FastPlan, candidate.name, "train").photographs
    found = photographs.gather(where, params.load("data", "source"), Path("data/raw"))
    most = max(calibrating, MOST)
    seen = [images.resize(one, side) for some in found.sources for one in some[:most]]
    held_out = images.resize(found.held_out, side)
    pictures = np.stack([held_out, *seen[: MOST - 1]])
    paint = named(model_files.load(file)[0], 1, [OUTPUT])
    wanted = paint.predict_on_batch(pictures)[OUTPUT]

    def likeness(outputs: Outputs) -> float:
        return float(tf.reduce_mean(tf.image.ssim(wanted, outputs[OUTPUT], max_val=1.0)))

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        levels = 255 * np.abs(one[OUTPUT] - other[OUTPUT])
        return {"mean_difference_levels": float(levels.mean())}

    return Served(
        network=paint,
        sides=(side, side),
        preparation=f"RGB, sides multiples of {STRIDE}; litert takes {side} by {side} only",
        meanings={OUTPUT: "the painted picture, RGB in 0..1"},
        also={"style": stylizer.style},
        pictures=pictures,
        tested_on="photographs",
        training=seen[:calibrating],
        metric="ssim",
        score=likeness,
        tolerance=0.05,
        apart=apart,
    )
