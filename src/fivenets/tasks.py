"""The tasks by name. Each is imported when it is asked for: networks take seconds to import."""

import importlib

from fivenets.core.errors import UserError
from fivenets.core.task import Task

MODULES = {
    "classification": "fivenets.classification.task",
    "detection": "fivenets.detection.task",
    "faces": "fivenets.faces.task",
    "style": "fivenets.style.task",
    "fast-style": "fivenets.style.fast_task",
}


def find(name: str) -> Task:
    """The task of this name. Raises: UserError where there is none."""
    if name not in MODULES:
        raise UserError(f"a task should be one of {', '.join(MODULES)}, it is {name!r}")
    return importlib.import_module(MODULES[name]).TASK
