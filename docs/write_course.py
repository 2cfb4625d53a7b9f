"""Writes docs/course.md from course.toml: `python docs/write_course.py`."""

import tomllib
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent


def page(course: dict[str, Any]) -> str:
    """The page as text."""
    lines = [
        "# The course, row by row",
        "",
        "What each lecture and assignment of the convolutional-networks course has become here. "
        "Written by `python docs/write_course.py` from course.toml; a test checks that every file, "
        "command, option, stage and test in it exists. 2017 and 2021 mark what is in one edition "
        "only.",
    ]
    for week in course["week"]:
        lines += ["", f"## {week['title']}", "", "| topic | code | command | figure | test |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for row in week["rows"]:
            edition = f" ({row['edition']})" if "edition" in row else ""
            figure = f"[{Path(row['figure']).name}](../{row['figure']})" if "figure" in row else ""
            cells = [
                f"{row['topic']}{edition}",
                _link(row["module"], row["module"].removeprefix("src/fivenets/")),
                f"`{row['command']}`",
                figure,
                _link(row["test"].partition("::")[0], Path(row["test"]).name.partition("::")[0]),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## The assignments' functions",
        "",
        "What has the task of each here, and where it is called. With parameters it is the same "
        "function; a test checks their number, the names and the calls.",
        "",
        "| the course's name | here | called in |",
        "| --- | --- | --- |",
        *map(_function, course["functions"]["rows"]),
    ]
    lines += ["", f"Not here: {'; '.join(course['missing']['topics'])}.", ""]
    return "\n".join(lines)


def read() -> dict[str, Any]:
    """What course.toml says."""
    return tomllib.loads((DOCS / "course.toml").read_text())


def _function(row: dict[str, str]) -> str:
    takes = f"({row['takes']})" if "takes" in row else ""
    users = _link(row["used_by"], Path(row["used_by"]).name)
    return f"| `{row['name']}{takes}` | `{row['here']}` | {users} |"


def _link(path: str, name: str) -> str:
    return f"[{name}](../{path})"


if __name__ == "__main__":
    (DOCS / "course.md").write_text(page(read()))
