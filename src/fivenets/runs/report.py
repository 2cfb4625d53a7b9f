"""What the stages leave of a candidate, and of which data each of its numbers is."""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fivenets.core.candidates import Candidate
from fivenets.core.task import Service
from fivenets.sources.origin import Kind, Origin, all_of, are_drawn, specific


@dataclass(frozen=True)
class Report:
    """The numbers of an evaluation, and the record of the training before it."""

    metrics: Mapping[str, Any]
    record: Mapping[str, Any]
    made_from: Sequence[Origin]

    @classmethod
    def of(cls, candidate: Candidate) -> "Report":
        metrics, record = (
            json.loads(file.read_text()) for file in (candidate.metrics, candidate.record)
        )
        return cls(metrics, record, all_of(record.get("sources")))

    @property
    def is_untrained(self) -> bool:
        """Whether random weights are in the place of some that could not be had."""
        return any(origin.kind == Kind.UNTRAINED for origin in self.made_from)

    def scored_on(self, metric: str) -> Sequence[Origin]:
        """What a metric was measured on.

        A metric of one part of an evaluation, such as unseen_auc, was measured on that part's data;
        an evaluation that names no data, on the test split of what the model was made from.
        """
        parts = [
            name
            for name, part in self.metrics.items()
            if metric.startswith((f"{name}_", f"{name}."))
            and isinstance(part, Mapping)
            and "scored_on" in part
        ]
        of = self.metrics[max(parts, key=len)] if parts else self.metrics
        return all_of(of.get("scored_on")) or self.made_from

    def nature(self, metric: str) -> str:
        """Of the data that the model was made from and a metric measured on: built in | own | real.

        "Built in" where either is.
        """
        both = [origins for origins in (self.made_from, self.scored_on(metric)) if origins]
        kinds = [{origin.kind for origin in specific(origins)} for origins in both]
        # A package may hold all that a model was made of: real photographs are among that.
        built_in = {Kind.BUILTIN, Kind.PACKAGE, Kind.UNTRAINED}
        if any(map(are_drawn, both)) or any(
            some <= built_in and some != {Kind.PACKAGE} for some in kinds
        ):
            return "built in"
        return "own" if any(some <= {Kind.FOLDER, Kind.TFDS} for some in kinds) else "real"

    def of_new_people(self, metric: str) -> bool:
        """Whether a classifier's metric is of people who were kept from its training.

        They are where the data tell people apart, if all data that were asked for could be had:
        with a data set, its people are gone.
        """
        parameters = self.record["parameters"]
        prefix = "data.dataset."
        asked = {key.removeprefix(prefix) for key in parameters if key.startswith(prefix)}
        # A folder of the user's is asked for by its path, and its origin is called by its name.
        there = {name for origin in self.made_from for name in (origin.asset, origin.file)}
        is_all_there = asked - {"drawn"} <= there
        is_kept = bool(self.test_people) and not are_drawn(self.scored_on(metric))
        return is_kept and is_all_there

    @property
    def test_people(self) -> list[str] | int:
        """Who was kept from the training; of faces, how many.

        A parameter, which MLflow keeps as text: Python's, as it was in all trainings so far, else
        none of those would compare with a later one of the same recipe.
        """
        return ast.literal_eval(self.record["parameters"].get("data.test_people", "[]"))


def limits(service: Service, nature: str) -> str:
    """What not to expect of a model whose data are of this nature."""
    if nature == "own":
        return "As good as its test split says on pictures like those, and not on others."
    return service.limits if nature == "real" else service.limits_of_builtin
