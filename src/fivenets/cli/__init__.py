"""The `fivenets` command. Each command imports what it runs when it runs: `--help` is quick."""

import typer

from fivenets.cli import classification, demo, detection, faces, lineage, results, style
from fivenets.core.errors import reported

app = typer.Typer(
    help="The models of the convolutional-networks course, on your own pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    classification.classify,
    detection.detect,
    detection.convert,
    faces.verify,
    faces.identify,
    style.stylize,
    results.results,
    lineage.lineage,
    lineage.reproduce,
    demo.demo,
):
    app.command()(command)
app_of_faces = typer.Typer(help="The faces' threshold.", no_args_is_help=True)
app_of_faces.command()(faces.calibrate)
app.add_typer(app_of_faces, name="faces")


def main() -> None:
    """Runs the command; a user's mistake becomes a sentence and exit code 2."""
    with reported():
        app(prog_name="fivenets")
