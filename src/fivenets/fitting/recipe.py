"""What every training is told, as params.yaml says it; a task's own recipe adds to it."""

from typing import Literal

from fivenets.core.params import Count, Fraction, Positive, Seed, checked

Distribution = Literal["none", "mirrored", "multi_worker"]  # over devices, or machines


@checked
class Recipe:
    """How long, how fast and in which numbers a network is trained."""

    epochs: Count
    learning_rate: Positive  # the highest, after the first `warmup_fraction` of the steps
    warmup_fraction: Fraction
    mixed_precision: bool
    seed: Seed

    @property
    def policy(self) -> str:
        """Keras' name for the types that layers compute in."""
        return "mixed_bfloat16" if self.mixed_precision else "float32"
