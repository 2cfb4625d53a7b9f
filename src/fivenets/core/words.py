"""Numbers as people read them."""

from collections.abc import Mapping
from typing import Any


def interval(metrics: Mapping[str, Any], metric: str = "accuracy") -> str:
    """A metric with its 95% interval, if it has one, as `0.975 [0.929, 0.991]`."""
    if metrics[metric] is None:
        return "unknown"
    value = f"{metrics[metric]:.3f}"
    bounds = [metrics.get(f"{metric}_{end}") for end in ("low", "high")]
    return value if None in bounds else f"{value} [{bounds[0]:.3f}, {bounds[1]:.3f}]"


def duration(seconds: float, about: str = "about ") -> str:
    """A time as people say it."""
    if seconds < 55:
        return f"{about}{max(1, round(seconds))} s"
    return f"{about}{round(seconds / 60)} min"
