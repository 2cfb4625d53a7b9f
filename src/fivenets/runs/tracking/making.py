"""A model is made: its run is open from before the first step until its record is written."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fivenets.core.candidates import Candidate
from fivenets.core.task import Making
from fivenets.runs import tracking


class Silent:
    """A log that keeps nothing: of workers beside the first."""

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Keeps nothing."""

    def log_image(self, image_rgb_uint8: np.ndarray, key: str, step: int) -> None:
        """Keeps nothing."""


def make(candidate: Candidate, making: Making) -> None:
    """Leaves the model, and the record and history of its making, where its candidate says."""
    if not making.is_recorded:
        making.make(Silent())
        return
    run_file = Path("checkpoints", f"{candidate.name}.run.json")
    with tracking.training(candidate.name, making.parameters, making.sources, run_file) as run:
        rows = making.make(run)
        run.finish(candidate.file, rows, candidate.reports)
    shutil.rmtree(candidate.checkpoints, ignore_errors=True)
