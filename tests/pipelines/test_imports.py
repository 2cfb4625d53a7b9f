"""Imports go one way between the rooms, as CONTRIBUTING says."""

import ast
import subprocess
import sys
from pathlib import Path

import networkx

from fivenets.tasks import MODULES

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "src" / "fivenets"
FOLDERS = {module.split(".")[1] for module in MODULES.values()}  # of tasks
# What each room imports, no more and no less; "a task" is the room of any of them, and a task
# imports no other one (test_graph). `tasks` and `face_points` are modules beside the rooms.
SHARED = {"core", "sources", "drawn", "datasets", "fitting"}
ROOMS: dict[str, set[str]] = {
    "core": set(),
    "drawn": set(),
    "sources": {"core"},
    "datasets": {"core", "drawn", "sources"},
    "fitting": {"core", "sources"},
    "looking": {"core", "fitting"},
    "step_by_step": {"core"},
    "a task": SHARED,
    "tasks": {"core"},  # finds a task by its name
    "face_points": {"core", "a task"},
    "schema": {"core", "datasets", "a task", "tasks"},
    "runs": {"core", "sources", "datasets", "fitting", "tasks"},
    "runs/pyfunc": {"core", "runs", "a task"},
    "course_files": {"core", "sources", "fitting", "runs", "a task"},
    "exports": {"core", "datasets", "fitting", "runs", "a task", "tasks"},
    "demo": {"core", "sources", "runs", "a task", "tasks", "face_points"},
    "cli": {"core", "fitting", "looking", "step_by_step", "runs", "a task", "tasks"}
    | {"course_files", "exports", "demo", "face_points"},
    "pipelines": SHARED
    | {"looking", "step_by_step", "a task", "tasks", "schema", "runs", "exports"},
}
IN_CORE = """
import importlib, pkgutil, sys
from fivenets import core
for module in pkgutil.walk_packages(core.__path__, "fivenets.core."):
    importlib.import_module(module.name)
print(sorted({"keras", "tensorflow", "mlflow"} & sys.modules.keys()))
"""


def room(parts: tuple[str, ...]) -> str:
    """The room of what a path or a dotted name says after `fivenets`."""
    if parts[0] in FOLDERS:
        return "a task"
    return "runs/pyfunc" if parts[:2] == ("runs", "pyfunc") else parts[0]


def imported(file: Path) -> set[str]:
    """The rooms that a module imports from, anywhere in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    dotted = [tuple(name.split(".")) for name in names]
    return {room(parts[1:]) for parts in dotted if parts[0] == "fivenets" and len(parts) > 1}


def test_each_room_imports_what_the_table_says() -> None:
    found: dict[str, set[str]] = {name: set() for name in ROOMS}
    for file in PACKAGE.rglob("*.py"):
        own = file.relative_to(PACKAGE).with_suffix("").parts
        if own != ("__init__",) and not file.name.endswith("_test.py"):
            found.setdefault(room(own), set()).update(imported(file) - {room(own)})
    for file in (PROJECT / "pipelines").rglob("*.py"):
        found["pipelines"] |= imported(file)
    assert found == ROOMS


def test_the_table_has_no_circle() -> None:
    graph = networkx.DiGraph([(name, other) for name in ROOMS for other in ROOMS[name]])
    assert networkx.is_directed_acyclic_graph(graph)


def test_core_brings_neither_tensorflow_nor_mlflow() -> None:
    command = [sys.executable, "-c", IN_CORE]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
