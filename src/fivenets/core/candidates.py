"""The models that the project makes, as params.yaml lists them, and where the files of each are."""

from dataclasses import dataclass
from pathlib import Path

from fivenets.core import params
from fivenets.core.errors import UserError

LISTS = ("trained", "converted", "off_graph")  # the sections of params.yaml
MODEL_FILE, RECORD_FILE, METRICS_FILE = "model.keras", "training.json", "metrics.json"
HISTORY_FILE = "history.csv"
DECISIONS = Path("reports/registrations")  # which candidate is champion, by registered name


@dataclass(frozen=True)
class Candidate:
    """One model: what makes it, from what, and the registered name that it is a candidate for."""

    name: str
    task: str
    registered: str
    data: str | None = None  # the section of params.yaml, and the folder in data/, it learns from
    scored_on: str | None = None  # the same of what it is scored on

    @property
    def folder(self) -> Path:
        """Of the model file and of all that its making leaves beside it."""
        return Path("models", self.registered, self.name)

    @property
    def file(self) -> Path:
        return self.folder / MODEL_FILE

    @property
    def reports(self) -> Path:
        """Of what is known of it: its record, history and metrics; its pictures and tables."""
        return Path("reports", self.registered, self.name)

    @property
    def record(self) -> Path:
        return self.reports / RECORD_FILE

    @property
    def history(self) -> Path:
        return self.reports / HISTORY_FILE

    @property
    def metrics(self) -> Path:
        return self.reports / METRICS_FILE

    @property
    def pictures(self) -> Path:
        return self.reports / "pictures"

    @property
    def tables(self) -> Path:
        return self.reports / "tables"

    @property
    def checkpoints(self) -> Path:
        return Path("checkpoints", self.name)


def find(name: str) -> Candidate:
    """The candidate of this name. Raises: UserError where params.yaml lists none."""
    known = {one.name: one for one in everyone()}
    if name not in known:
        raise UserError(f"params.yaml lists no model {name} (known: {', '.join(known)})")
    return known[name]


def everyone() -> list[Candidate]:
    """All candidates in the order of params.yaml."""
    return [
        Candidate(
            name,
            entry["task"],
            entry["registered"],
            entry.get("data") or _name(entry.get("reads")),
            _name(entry.get("scored_on")),
        )
        for section in LISTS
        for name, entry in params.load(section).items()
    ]


def of(registered: str) -> list[Candidate]:
    """The candidates for one registered name. Raises: UserError where there are none."""
    found = [one for one in everyone() if one.registered == registered]
    if not found:
        raise UserError(f"params.yaml lists no model that is registered as {registered}")
    return found


def _name(path: str | None) -> str | None:
    """The data set that `path` names or leads to; None where it leads elsewhere."""
    if path is None or "/" not in path:
        return path
    return Path(path).name if Path(path).parts[0] == "data" else None
