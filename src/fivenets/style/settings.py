"""How a picture is made: what can be asked for, and what of it is refused."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from fivenets.core.errors import UserError
from fivenets.style import colours, features, optimisers
from fivenets.style.objective import Weights

STYLE_LAYERS = {f"block{block}_conv1": 0.2 for block in range(1, 6)}
INITIAL = ("content", "noise", "blend")
PRECISIONS = ("float32", "bfloat16")
# Beyond what any machine has the memory or the years for; of seeds, what NumPy takes.
RANGES = {
    "size": (features.MIN_SIDE, features.MAX_SIDE),
    "iterations": (1, 1_000_000),
    "coarse_scales": (0, 16),
    "content_weight": (0, sys.float_info.max),
    "variation_weight": (0, sys.float_info.max),
    "tolerance": (0, sys.float_info.max),
    "noise": (0, 1),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a picture is made; each is explained in params.yaml."""

    size: int = 400
    iterations: int = 120
    coarse_scales: int = 1
    content_weight: float = 0.03
    style_weight: float = 1.0
    variation_weight: float = 0.004
    content_layer: str = "block4_conv2"
    style_layers: Mapping[str, float] = field(default_factory=lambda: STYLE_LAYERS)
    style_scale: float = 1.0
    initial: str = "content"
    noise: float = 0.3
    colours: str = "style"
    optimizer: str = "lbfgs"
    learning_rate: float = 0.02
    tolerance: float = 0.001
    precision: str = "bfloat16"
    seed: int = 0

    def __post_init__(self) -> None:
        _check_one_of("initial", self.initial, INITIAL)
        _check_one_of("colours", self.colours, colours.COLOURS)
        _check_one_of("optimizer", self.optimizer, tuple(optimisers.OPTIMISERS))
        _check_one_of("precision", self.precision, PRECISIONS)
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not least <= value:
                raise UserError(f"{name} should be at least {least}, it is {value}")
            if not value <= most:
                raise UserError(f"{name} should be at most {most:g}, it is {value}")
        for name in ("style_weight", "style_scale", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise UserError(f"{name} should be above 0, it is {getattr(self, name)}")
        weights = self.style_layers.values()
        if min(weights, default=0) < 0 or not 0 < sum(weights) < math.inf:
            raise UserError(
                "style_layers should have weights of at least 0 and one above it, they are "
                f"{dict(self.style_layers)}"
            )

    @property
    def weights(self) -> Weights:
        """What counts how much, as `objective.balanced` takes it."""
        return Weights(
            self.content_weight,
            self.style_weight,
            self.variation_weight,
            self.content_layer,
            {layer: weight for layer, weight in self.style_layers.items() if weight},
        )

    @property
    def total_iterations(self) -> int:
        """At all scales together, where no loss is flat before."""
        return self.iterations * (self.coarse_scales + 1)


def _check_one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f"{name} should be one of {', '.join(choices)}, it is {value!r}")
