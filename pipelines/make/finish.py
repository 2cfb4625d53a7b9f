"""What to do with what `make` has made: a command for each kind of model, and where to look."""

from rich.console import Console
from rich.table import Table

from fivenets import tasks
from fivenets.core import params, stage
from fivenets.core.candidates import Candidate
from fivenets.runs.decision import Decision
from fivenets.runs.report import Report
from fivenets.sources.origin import are_drawn

console = Console(highlight=False)


def main() -> None:
    best = champions()
    console.print("[bold]On your own pictures:[/bold]")
    console.print(commands(best))
    if drawn := [one.name for one in best if is_drawn(one)]:
        console.print(
            f"Made of drawn pictures, as no source of real ones answered: {', '.join(drawn)}. "
            "Expect little of them on photographs; with a mirror: FIVENETS_MIRROR=... make"
        )
    console.print(
        "[bold]Look:[/bold] reports/results.html (each model, its pictures, its limits); make ui "
        "(runs and registered models in MLflow); make demo (a page to try them on)"
    )


def champions() -> list[Candidate]:
    """Of each registered name whose best candidate has passed its gate."""
    decisions = map(Decision.read, params.load("registered"))
    return [Candidate(one.best, one.task, one.name) for one in decisions if one.passed]


def commands(best: list[Candidate]) -> Table:
    """A line for each: what to type, and whose answer that is."""
    table = Table.grid(padding=(0, 2))
    seen = set()
    for one in best:
        parameters = Report.of(one).record["parameters"]
        command = tasks.find(one.task).service.command_for(parameters)
        # Of several that one command asks, the others have to be named.
        named = f" --model {one.registered}" if command in seen else ""
        seen.add(command)
        table.add_row(f"  .venv/bin/fivenets {command}{named}")
    return table


def is_drawn(one: Candidate) -> bool:
    return are_drawn(Report.of(one).made_from)


if __name__ == "__main__":
    stage.run(main)
