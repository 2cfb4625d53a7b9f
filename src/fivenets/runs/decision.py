"""Which of the candidates for a name is its champion, and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from fivenets.core.candidates import DECISIONS, Candidate
from fivenets.core.digests import tree_sha256
from fivenets.core.errors import UserError
from fivenets.core.params import flatten
from fivenets.runs.report import Report


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a registered name's candidates reached, and which is the best."""

    name: str
    task: str
    metric: str
    minimum: float
    candidates: Mapping[str, float]  # what each has of the metric
    untrained: Sequence[str] = ()
    drawn_only: Sequence[str] = ()  # scored on drawn data, and trained on nothing else
    evidence: Mapping[str, str] = field(default_factory=dict)  # the digest of each one's reports
    best: str
    passed: bool  # whether the best reached the minimum
    tolerances: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> "Decision":
        """The one that was made last about a registered name."""
        return cls(**json.loads((DECISIONS / f"{name}.json").read_text()))

    def in_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @property
    def gate(self) -> str:
        return f"{self.metric} >= {self.minimum:g}"

    def compared(self) -> list[Candidate]:
        return [Candidate(one, self.task, self.name) for one in self.candidates]

    def is_champion(self, candidate: str) -> bool:
        return self.passed and candidate == self.best

    def is_met_by(self, candidate: str) -> bool:
        """Whether a candidate passes the gate; one that is untrained never does."""
        return candidate not in self.untrained and self.candidates[candidate] >= self.minimum


def decide(
    name: str,
    compared: Sequence[Candidate],
    *,
    metric: str,
    minimum: float,
    minimum_builtin: float | None = None,
    tolerances: Mapping[str, float] | None = None,
) -> Decision:
    """Makes the candidate with the highest `metric` the best; it passes if it reaches `minimum`.

    A score on drawn data says little of photographs: where that is all there is, what has learned
    from real data goes before what has not.
    Args: compared: at least one candidate, all of one task.
        minimum_builtin: in place of `minimum` where the metric was measured on drawn data, which
        may be easier or harder than the real ones. An untrained candidate is never champion.
        tolerances: metric -> by how much a reproduction may differ from it; by default `metric`
        should come out the same.
    """
    reports = {one.name: Report.of(one) for one in compared}
    for candidate, report in reports.items():
        if metric not in report.metrics:
            raise UserError(f"params.yaml: {name}.register.metric: {candidate} has no {metric}")
        _check_tolerances(f"{name}.register.tolerances", tolerances or {}, candidate, report)
    values = {one: report.metrics[metric] for one, report in reports.items()}
    untrained = [one for one, report in reports.items() if report.is_untrained]
    on_drawn = [
        one
        for one, report in reports.items()
        if any(origin.is_drawn for origin in report.scored_on(metric))
    ]
    drawn_only = [
        one for one in on_drawn if all(origin.is_drawn for origin in reports[one].made_from)
    ]

    def rank(one: str) -> tuple[bool, bool, float]:
        return one not in untrained, one not in drawn_only, values[one]

    best = max(values, key=rank)
    if best in on_drawn and minimum_builtin is not None:
        minimum = minimum_builtin
    return Decision(
        name=name,
        task=compared[0].task,
        metric=metric,
        minimum=minimum,
        candidates=values,
        untrained=untrained,
        drawn_only=drawn_only,
        evidence={one.name: tree_sha256(one.reports) for one in compared},
        best=best,
        passed=values[best] >= minimum and best not in untrained,
        tolerances={metric: 0.0} if tolerances is None else tolerances,
    )


def _check_tolerances(path: str, tolerances: Mapping, candidate: str, report: Report) -> None:
    for key in tolerances:
        if key not in flatten(report.metrics):
            raise UserError(f"params.yaml: {path}: {candidate} has no {key}")
