"""The tasks by name. Each is imported when it is asked for: networks take seconds to import."""

import importlib
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from fivenets.core.errors import UserError

if TYPE_CHECKING:
    from fivenets.core.task import Task

MODULES = {
    "classification": "fivenets.classification.task",
    "detection": "fivenets.detection.task",
    "faces": "fivenets.faces.task",
    "localisation": "fivenets.localisation.task",
    "segmentation": "fivenets.segmentation.task",
    "style": "fivenets.style.task",
    "fast-style": "fivenets.style.fast_task",
}


def find(name: str) -> "Task":
    """The task of this name. Raises: UserError where there is none."""
    if name not in MODULES:
        raise UserError(f"a task should be one of {', '.join(MODULES)}, it is {name!r}")
    return importlib.import_module(MODULES[name]).TASK


def modules_in(room: str) -> list[ModuleType]:
    """What the tasks have in `cli` or `demo`: the modules named like their folders, of those that
    have one. They import no network either."""
    folders = dict.fromkeys(module.split(".")[1] for module in MODULES.values())
    names = [f"fivenets.{room}.{folder}" for folder in folders]
    return [importlib.import_module(name) for name in names if find_spec(name)]
