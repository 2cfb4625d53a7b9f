"""A model is made: its run is open from before the first step until its record is written."""

import shutil
from pathlib import Path

from fivenets.core.candidates import Candidate
from fivenets.core.task import Log, Making
from fivenets.runs import tracking


def make(candidate: Candidate, making: Making) -> None:
    """Leaves the model, and the record and history of its making, where its candidate says."""
    if not making.is_recorded:
        making.make(Log())  # another worker keeps one
        return
    run_file = Path("checkpoints", f"{candidate.name}.run.json")
    with tracking.training(candidate.name, making.parameters, making.sources, run_file) as run:
        rows = making.make(run)
        run.finish(candidate.file, rows, candidate.reports)
    shutil.rmtree(candidate.checkpoints, ignore_errors=True)
