"""The `fivenets` command. Each command imports what it runs when it runs: `--help` is quick."""

import typer

from fivenets import tasks
from fivenets.cli import course_files, demo, edges, exports, hub, lineage, look, results, watch
from fivenets.core.errors import reported

app = typer.Typer(
    help="The models of the convolutional-networks course, on your own pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    *tasks.modules_in("cli"),
    edges,
    look,
    course_files,
    exports,
    results,
    lineage,
    watch,
    hub,
    demo,
):
    app.add_typer(module.app)


def main() -> None:
    """Runs the command; a user's mistake becomes a sentence and exit code 2."""
    with reported():
        app(prog_name="fivenets")
