"""Every row of docs/course.md names code, a command, a figure and a test that exist."""

import ast
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from fivenets import cli

PROJECT = Path(__file__).parents[2]
NAMED = re.compile(r"^([a-z-]+):", re.MULTILINE)  # targets of the Makefile


def written_by() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_course", PROJECT / "docs/write_course.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = written_by()
ROWS = [row for week in PAGE.read()["week"] for row in week["rows"]]
FUNCTIONS = PAGE.read()["functions"]["rows"]


def fault_of(command: str) -> str | None:
    """What of a command does not exist."""
    program, *words = command.split()
    if program == "fivenets":
        return _fault_of_fivenets(words)
    if program == "make":
        known = NAMED.findall((PROJECT / "Makefile").read_text())
        return None if words[0] in known else f"no target {words[0]}"
    if program == "pytest":
        return None if (PROJECT / words[0]).is_file() else f"no file {words[0]}"
    if words[:1] == ["repro"]:
        stage, _, name = words[1].partition("@")
        lists = {"register": "registered", "evaluate": "trained"}
        return None if name in params()[lists[stage]] else f"no stage {words[1]}"
    if words[:2] == ["exp", "run"]:
        keys, value = words[3].partition("=")[0].split("."), params()
        for key in keys:
            if key not in value:
                return f"no parameter {words[3]}"
            value = value[key]
        return None
    return f"no program {program}"


def params() -> Any:
    return YAML(typ="safe").load(PROJECT / "params.yaml")


def _fault_of_fivenets(words: list[str]) -> str | None:
    command: Any = typer.main.get_command(cli.app)
    while hasattr(command, "commands"):
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command = command.commands[words.pop(0)]
    known = {option for one in command.params for option in one.opts}
    return next(
        (f"no option {word}" for word in words if word[:2] == "--" and word not in known), None
    )


def missing(row: dict[str, str]) -> Iterator[str]:
    """What a row names that is not there."""
    file, _, name = row["test"].partition("::")
    for path in filter(None, (row["module"], row.get("figure"), file)):
        if not (PROJECT / path).is_file():
            yield f"no file {path}"
    if name and name not in [
        one.name for one in ast.parse((PROJECT / file).read_text()).body
        if isinstance(one, ast.FunctionDef)
    ]:  # fmt: skip
        yield f"no test {name}"
    if fault := fault_of(row["command"]):
        yield fault


@pytest.mark.parametrize("row", ROWS, ids=[row["topic"] for row in ROWS])
def test_what_a_row_names_exists(row: dict[str, str]) -> None:
    assert list(missing(row)) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"module": "src/fivenets/nowhere.py"}, "no file src/fivenets/nowhere.py"),
        ({"figure": "docs/nowhere.png"}, "no file docs/nowhere.png"),
        ({"test": f"{ROWS[0]['test']}::test_nothing"}, "no test test_nothing"),
        ({"command": "fivenets draw x"}, "no command draw"),
        ({"command": "fivenets look MODEL --deep"}, "no option --deep"),
        ({"command": "make coffee"}, "no target coffee"),
        ({"command": "dvc repro register@nobody"}, "no stage register@nobody"),
        (
            {"command": "dvc exp run -S resnet50.train.epoks=3"},
            "no parameter resnet50.train.epoks=3",
        ),
        ({"command": "python x.py"}, "no program python"),
    ],
)
def test_a_row_of_what_does_not_exist_is_found_out(changes: dict[str, str], fault: str) -> None:
    assert list(missing(ROWS[0] | changes)) == [fault]


def found(here: str) -> Any:
    """What `room.module.function`, or a method of a class in it, names."""
    room, module, *names = here.split(".")
    value = importlib.import_module(f"fivenets.{room}.{module}")
    for name in names:
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("row", FUNCTIONS, ids=[row["name"] for row in FUNCTIONS])
def test_a_function_of_the_course_is_where_the_page_says_and_called(row: dict[str, str]) -> None:
    name = row["here"].rpartition(".")[2]
    assert callable(found(row["here"]))
    assert re.search(rf"\b{name}\b", (PROJECT / row["used_by"]).read_text())
    if "takes" in row:  # the same function
        assert name == row["name"]
        parameters = inspect.signature(found(row["here"])).parameters.values()
        required = [one for one in parameters if one.default is inspect.Parameter.empty]
        assert len(required) <= len(row["takes"].split(", ")) == len(parameters)


def test_the_page_is_what_is_written_of_them() -> None:
    assert (PROJECT / "docs/course.md").read_text() == PAGE.page(PAGE.read())


def test_every_test_of_the_course_is_in_a_row_and_uses_this_projects_code() -> None:
    named = {Path(row["test"].partition("::")[0]).name for row in ROWS}
    for file in (PROJECT / "tests/course").glob("test_*.py"):
        assert file.name in named
        assert "from fivenets" in file.read_text(), file
