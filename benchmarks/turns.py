"""Ways to do the same, timed in turns, so that other load on the machine falls on all alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def medians(ways: Mapping[str, Callable[..., Any]], turns: int, *given: Any) -> dict[str, float]:
    """The median milliseconds of each way, asked about `given`.

    A first turn, in which ways are compiled, is not counted.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way(*given)
            if turn:
                taken[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in taken.items()}
