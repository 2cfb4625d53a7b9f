"""What is printed of a user's names is their letters, in bars as in tables."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from fivenets.cli import printing


def test_a_bar_takes_no_name_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80, markup=False, emoji=False)
    monkeypatch.setattr(printing, "console", lambda stderr: terminal)
    with printing.bar() as bar:
        bar.add_task("[/b]x[old].mp4: :cat: frame 1", total=1)
        bar.refresh()
    assert "[/b]x[old].mp4: :cat: frame 1" in shown.getvalue()


def test_a_pipe_gets_nothing_of_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with printing.bar() as bar:
        bar.add_task("a", total=1)
    assert capsys.readouterr() == ("", "")


def test_a_long_name_is_folded_and_not_cut(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table = printing.table("image", "label")
    printing.add_row(table, "x" * 60 + "[end]", "a\nb")
    printing.console().print(table)
    printed = capsys.readouterr().out
    assert "".join(
        row.split("│")[1].strip() for row in printed.splitlines() if "x" in row or "d]" in row
    ) == ("x" * 60 + "[end]")
    assert r"a\nb" in printed


def test_no_command_has_a_console_or_a_bar_of_its_own() -> None:
    commands = Path(printing.__file__).parent.glob("*.py")
    found = [
        (file.name, word)
        for file in commands
        if file.name != "printing.py"
        for word in ("Console(", "Table(", "Progress(")
        if word in file.read_text()
    ]
    assert found == []
