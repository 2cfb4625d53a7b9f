"""What became of a job: losses of its picture in float32, against those of the content."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fivenets.style import colours, features, objective, pictures, transfer
from fivenets.style.jobs import Made
from fivenets.style.stylizer import Stylizer


def measure(model: Stylizer, made: Made) -> dict[str, float]:
    """Losses of a picture as it was written, and by what part its style loss has fallen."""
    weights = made.settings.weights
    extractor = features.extractor(model.network, weights.layers)
    height, width = made.result.shape[:2]
    content = pictures.resize(made.content, height, width)
    content, styles = transfer.prepare(content, made.styles, max(height, width), made.settings)
    loss = objective.loss(extractor, content, styles, weights)
    picture = made.result.astype(np.float32) / 255
    if made.settings.colours == "luminance":
        picture = colours.luminance(picture)
    _, at_start = loss(content[None])
    _, at_end = loss(picture[None])
    return {
        "style_reduction": 1 - float(at_end["style_loss"]) / float(at_start["style_loss"]),
        "content_style_loss": float(at_start["style_loss"]),
        "style_loss": float(at_end["style_loss"]),
        "content_loss": float(at_end["content_loss"]),
    }


def metrics(model: Stylizer, jobs: Sequence[Made]) -> dict[str, Any]:
    """Numbers of all jobs, and those of the one whose style loss has fallen least."""
    by_job = {
        made.record["name"]: {
            **measure(model, made),
            **{key: made.record[key] for key in ("seconds", "iterations", "peak_memory_mib")},
            "pixels": f"{made.result.shape[1]}x{made.result.shape[0]}",
        }
        for made in jobs
    }
    worst = min(by_job.values(), key=lambda numbers: numbers["style_reduction"])
    return {
        "parameters": model.network.count_params(),
        "examples": len(jobs),
        "style_reduction": worst["style_reduction"],
        "seconds": worst["seconds"],
        "also": f"{worst['pixels']} in {worst['seconds']:.0f} s, {worst['iterations']} iterations, "
        f"at most {worst['peak_memory_mib'] / 1024:.1f} GiB; features {model.origin}",
        "jobs": by_job,
    }
