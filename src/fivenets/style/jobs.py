"""Pictures to be made, as params.yaml lists them, and what is kept of each."""

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core import files
from fivenets.core.images import read_image
from fivenets.fitting.fit import make_deterministic
from fivenets.sources.origin import Origin
from fivenets.style import pictures, sources, stylizer, transfer
from fivenets.style.objective import Style
from fivenets.style.settings import Job, JobPlan, Settings
from fivenets.style.transfer import Progress

RECORD_FILE, INPUTS_FILE = "job.json", "inputs.npz"
Watcher = Callable[[str, int, dict[str, float], np.ndarray | None], None]


@dataclass(frozen=True)
class Gathered:
    """A job with its pictures read."""

    job: Job
    content: np.ndarray
    styles: list[Style]
    origins: list[Origin]


def gather(plan: JobPlan, source: str, raw_dir: Path) -> list[Gathered]:
    """Every job of the plan, with its pictures; all are read before the first is begun.

    Raises: UserError naming a picture that cannot be used.
    """
    found = []
    for job in plan.jobs:
        content = sources.picture(job.content, "content", source, raw_dir)
        styles = [sources.picture(name, "style", source, raw_dir) for name in job.styles]
        masks = [files.expanded(mask) for mask in job.masks]
        wanted = stylizer.wanted_styles(
            content.image, [style.image for style in styles], job.weights, masks
        )
        origins = [content.origin, *(style.origin for style in styles)]
        origins += [sources.own(mask) for mask in job.masks]
        found.append(Gathered(job, content.image, wanted, origins))
    return found


def run(network: Any, one: Gathered, snapshots: int, out: Path, watch: Watcher) -> list[dict]:
    """Makes the job's picture; leaves it, what it was made of and snapshots in `out`.

    Args: watch: told the job's name, iteration, losses and, at intervals, the image (uint8).
    Returns: a row for each iteration: losses, and the seconds that it took.
    """
    make_deterministic(one.job.settings.seed)
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, float]] = []
    every = max(1, one.job.settings.total_iterations // snapshots)
    before = 0.0

    def observe(now: Progress) -> None:
        nonlocal before
        row = now.row() | {"seconds": now.seconds - before}
        before = now.seconds
        rows.append(row)
        image = pictures.to_uint8(now.image) if now.iteration % every == 0 else None
        if image is not None:
            pictures.write(image, out / f"after-{now.iteration:04}.png")
        watch(one.job.name, now.iteration, row, image)

    result = transfer.transfer(network, one.content, one.styles, one.job.settings, observe)
    pictures.write(result, out / "result.png")
    record = {
        "name": one.job.name,
        "seconds": sum(row["seconds"] for row in rows),
        "iterations": len(rows),
        "peak_memory_mib": peak_memory_mib(),
        "origins": [origin.record() for origin in one.origins],
        "settings": asdict(one.job.settings),
    }
    (out / RECORD_FILE).write_text(json.dumps(record, indent=2) + "\n")
    parts = {"content": one.content}
    for index, style in enumerate(one.styles):
        parts |= {f"style{index}": style.image, f"weight{index}": np.array(style.weight)}
        if style.mask is not None:
            parts[f"mask{index}"] = style.mask
    np.savez_compressed(out / INPUTS_FILE, allow_pickle=False, **parts)
    return rows


@dataclass(frozen=True)
class Made:
    """What `run` left in a folder: the picture, and all that it was made of."""

    record: dict[str, Any]
    settings: Settings
    content: np.ndarray
    styles: list[Style]
    result: np.ndarray
    snapshots: dict[int, np.ndarray]  # by iteration


def read(folder: Path) -> Made:
    """The job that was run with `folder` as its `out`."""
    record = json.loads((folder / RECORD_FILE).read_text())
    with np.load(folder / INPUTS_FILE) as parts:
        count = sum(key.startswith("style") for key in parts)
        styles = [
            Style(parts[f"style{i}"], float(parts[f"weight{i}"]), parts.get(f"mask{i}"))
            for i in range(count)
        ]
        content = parts["content"]
    snapshots = {
        int(file.stem.partition("-")[2]): read_image(file)
        for file in sorted(folder.glob("after-*.png"))
    }
    settings = Settings(**record["settings"])
    return Made(record, settings, content, styles, read_image(folder / "result.png"), snapshots)


def peak_memory_mib() -> float:
    """The most memory that this process has had in use so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
