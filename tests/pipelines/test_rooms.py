"""Modules stay short, and CONTRIBUTING says what is in each room."""

import statistics
from pathlib import Path

from fivenets.tasks import MODULES

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "src" / "fivenets"
LONGEST, MEDIAN, FLAT = 250, 110, 6  # lines of a module, of the middle one; modules beside rooms


def test_no_module_is_long() -> None:
    modules = [*PACKAGE.rglob("*.py"), *(PROJECT / "pipelines").rglob("*.py")]
    lines = {path.relative_to(PROJECT): len(path.read_text().splitlines()) for path in modules}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}
    assert statistics.median(lines.values()) <= MEDIAN
    assert len(list(PACKAGE.glob("*.py"))) <= FLAT


def test_contributing_says_what_is_in_each_room() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    of_tasks = {module.split(".")[1] for module in MODULES.values()}
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - of_tasks
    assert [room for room in rooms if f"`{room}/`" not in text and f"/{room}/`" not in text] == []
