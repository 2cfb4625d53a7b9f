"""What comes of painting a picture."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Result:
    """A picture made, and what it cost."""

    image: np.ndarray  # (height, width, 3) uint8
    iterations: int
    seconds: float
    content_loss: float | None  # none where it was not optimised, and so not computed
    style_loss: float | None
    features: str

    def row(self) -> dict[str, Any]:
        """As it is shown to users: all but the picture."""
        return {key: value for key, value in asdict(self).items() if key != "image"}
