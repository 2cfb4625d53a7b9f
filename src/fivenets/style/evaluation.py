"""What became of pictures: their losses in float32, against those of the contents."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from fivenets.style import colours, features, measures, objective, pictures, transfer
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.jobs import Made
from fivenets.style.objective import Style
from fivenets.style.settings import SCORES, Settings
from fivenets.style.stylizer import Stylizer
from fivenets.style.transfer import Progress

TIMED = 5  # passes of a network, of which the median is taken


def measure(
    network: keras.Model,
    content_rgb_uint8: np.ndarray,
    styles: Sequence[Style],
    settings: Settings,
    result_rgb_uint8: np.ndarray,
    judge: keras.Model | None = None,
) -> dict[str, float]:
    """Losses of a picture as it was written, by what part its style loss has fallen, and measures.

    Args: network: from `features.vgg`, float32; the others as `transfer.transfer` takes and
        returns them. `loss` has the factors that balance the settings' weights. judge: from
        `squeezenet.network`; without one, measures of its features are left out.
    """
    extractor = features.extractor(network, settings.weights.layers)
    height, width = result_rgb_uint8.shape[:2]
    content = pictures.resize(content_rgb_uint8, height, width)
    content, prepared = transfer.prepare(content, styles, max(height, width), settings)
    factors = objective.balanced(extractor, content, prepared, settings.weights)
    loss = objective.loss(extractor, content, prepared, factors)
    picture = result_rgb_uint8.astype(np.float32) / 255
    if settings.colours == "luminance":
        picture = colours.luminance(picture)
    _, at_start = loss(content[None])
    total, at_end = loss(picture[None])
    shares = [style.weight / sum(style.weight for style in prepared) for style in prepared]
    images = [style.image for style in prepared]
    return {
        "style_reduction": 1 - float(at_end["style_loss"]) / float(at_start["style_loss"]),
        "content_style_loss": float(at_start["style_loss"]),
        "style_loss": float(at_end["style_loss"]),
        "content_loss": float(at_end["content_loss"]),
        "loss": float(total),
        **measures.of_picture(picture, content, images, shares, judge),
    }


def metrics(
    model: Stylizer, jobs: Sequence[Made], judge: keras.Model | None = None
) -> dict[str, Any]:
    """Numbers of all jobs, the worst of each among those, and whose features have measured them."""
    by_job = {
        made.record["name"]: {
            **measure(model.network, made.content, made.styles, made.settings, made.result, judge),
            **{key: made.record[key] for key in ("seconds", "iterations", "peak_memory_mib")},
            "pixels": f"{made.result.shape[1]}x{made.result.shape[0]}",
        }
        for made in jobs
    }
    worst = min(by_job.values(), key=lambda one: one["style_reduction"])
    return {
        "parameters": model.network.count_params(),
        "examples": len(jobs),
        **_least(by_job.values()),
        "seconds": worst["seconds"],
        "judged_by": "squeezenet" if judge else None,
        "also": f"{_in_words(worst)}; {worst['pixels']} in {worst['seconds']:.0f} s, "
        f"{worst['iterations']} iterations, "
        f"at most {worst['peak_memory_mib'] / 1024:.1f} GiB; features {model.origin}",
        "jobs": by_job,
    }


def _least(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Of each score, the least that any picture has."""
    scores = [{name: one[name] for name in SCORES if name in one} for one in found]
    return {name: min(one[name] for one in scores) for name in scores[0]}


def _in_words(one: Mapping[str, float]) -> str:
    held_out = f", held-out style {one['held_out']:.2f}" if "held_out" in one else ""
    return (
        f"SSIM {one['ssim']:.2f}, unpainted {one['unpainted']:.0%} "
        f"(style {one['style_unpainted']:.0%}), in step with pairs of pixels {one['grid_2']:.2f} "
        f"(photograph {one['content_grid_2']:.2f}){held_out}"
    )


@dataclass(frozen=True)
class Compared:
    """A picture by a fast network and by the optimiser, which was asked for the same."""

    content: np.ndarray  # this and the others (height, width, 3) uint8
    fast: np.ndarray
    optimised: np.ndarray
    metrics: dict[str, Any]


def compare(
    model: FastStylizer,
    network: keras.Model,
    content_rgb_uint8: np.ndarray,
    style: Style,
    settings: Settings,
    judge: keras.Model | None = None,
) -> Compared:
    """Losses and seconds of both; `network` and `settings` are the optimiser's; judge:
    see `measure`.

    `seconds_to_match` are the optimiser's until its loss at the full size is the fast network's.
    """
    fast = [
        model.stylize(content_rgb_uint8, options={"size": settings.size}) for _ in range(1 + TIMED)
    ]
    picture = fast[0].image
    seen: list[Progress] = []
    optimised = transfer.transfer(network, content_rgb_uint8, [style], settings, seen.append)
    by_fast, by_optimiser = (
        measure(network, content_rgb_uint8, [style], settings, made, judge)
        for made in (picture, optimised)
    )
    in_full = [now for now in seen if (now.height, now.width) == picture.shape[:2]]
    matching = (now.seconds for now in in_full if now.losses["loss"] <= by_fast["loss"])
    # The first pass is left out: it allocates.
    by_fast["seconds"] = statistics.median(result.seconds for result in fast[1:])
    by_optimiser |= {"seconds": seen[-1].seconds, "iterations": len(seen)}
    both = {"fast": by_fast, "optimiser": by_optimiser, "seconds_to_match": next(matching, None)}
    return Compared(content_rgb_uint8, picture, optimised, both)


def fast_metrics(model: FastStylizer, compared: Mapping[str, Compared]) -> dict[str, Any]:
    """Numbers of pictures by name, and those of the one whose style loss has fallen least."""
    by_picture = {name: one.metrics for name, one in compared.items()}
    worst = min(by_picture.values(), key=lambda one: one["fast"]["style_reduction"])
    seconds = statistics.median(one["fast"]["seconds"] for one in by_picture.values())
    return {
        "parameters": model.network.count_params(),
        "examples": len(by_picture),
        **_least(one["fast"] for one in by_picture.values()),
        "seconds": seconds,
        "also": f"{seconds:.2f} s a picture of {model.settings.size} pixels; the optimiser takes "
        f"{worst['optimiser']['seconds']:.0f} s to {worst['optimiser']['style_reduction']:.3f}; "
        f"{_in_words(worst['fast'])}; "
        f"features {model.origin}",
        "pictures": by_picture,
    }
