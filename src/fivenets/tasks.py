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
    """What the tasks have in `cli` or `demo`. They import no network either."""
    found = [module_in(room, name) for name in MODULES]
    return list(dict.fromkeys(module for module in found if module))


def module_in(room: str, task: str) -> ModuleType | None:
    """What a task has in a room: the module named like its folder, if there is one."""
    name = f"fivenets.{room}.{MODULES[task].split('.')[1]}"
    return importlib.import_module(name) if find_spec(name) else None
