"""Which numbers the evaluations of a task give, for params.yaml to name them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metrics:
    """Names in metrics.json."""

    scores: tuple[str, ...]  # more is better: what a gate can ask for
    measures: tuple[str, ...] = ()  # other numbers that the results can show
    groups: tuple[str, ...] = ()  # sections, such as unseen of unseen.auc
    of_converted: tuple[str, ...] = ()  # scores of a model that is not trained here; none: all

    def scores_of(self, is_converted: bool) -> tuple[str, ...]:
        """Those that a model of this kind has."""
        return self.of_converted if is_converted and self.of_converted else self.scores
