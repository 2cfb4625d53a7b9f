"""What commands print: names and labels as they are, of which rich would take parts for markup."""

import sys

from rich import progress
from rich.console import Console
from rich.table import Table

from fivenets.core.errors import printable


def console(stderr: bool = False) -> Console:
    """A console to which `[b]` and `:cat:` are letters."""
    return Console(stderr=stderr, markup=False, emoji=False)


def say(text: str) -> None:
    """Prints a sentence, unwrapped: a path in it can be copied."""
    print(printable(text))


def warn(text: str) -> None:
    """Prints on standard error what an answer should be read with, if there is anything."""
    if text:
        print(f"note: {printable(text)}", file=sys.stderr)


def table(*columns: str) -> Table:
    """A table in which a long name is folded, not cut."""
    made = Table()
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def add_row(table: Table, *cells: str) -> None:
    """Adds a row of one line, whatever a file is called."""
    table.add_row(*map(printable, cells))


def bar(*columns: progress.ProgressColumn) -> progress.Progress:
    """A progress bar on standard error, by default of a description, a bar and a percentage.

    A log or a pipe gets nothing of it, not even the line that it would leave there.
    """
    usual = (description(), progress.BarColumn(), progress.TaskProgressColumn())
    shown = console(stderr=True)
    is_hidden = not shown.is_terminal
    return progress.Progress(*(columns or usual), console=shown, transient=True, disable=is_hidden)


def description() -> progress.TextColumn:
    """The column of a task's description."""
    return progress.TextColumn("{task.description}", markup=False)
