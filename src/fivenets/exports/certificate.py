"""How an exported file answers beside Keras, and what of that is not good enough."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.core.versions import versions
from fivenets.exports.formats import Format
from fivenets.exports.served import Outputs, Served
from fivenets.fitting import inference

TOLERANCE = 1e-4  # of the largest output, in float32
TIMED = 30  # pictures, each by both
BATCH = 32  # pictures that Keras is asked about at once


def certify(served: Served, form: Format, folder: Path, is_int8: bool) -> dict[str, Any]:
    """The certificate; `failures` has a sentence for each number that is not good enough."""
    ask, network = form.opened(folder), served.network
    if not network.compiled:
        network.compile(jit_compile=inference.jit_compile())
    expected = answers(network.predict_on_batch, served.pictures, BATCH)
    found = answers(ask, served.pictures, 1)
    scores = {"keras": served.score(expected), "export": served.score(found)}
    keras_ms, export_ms = milliseconds([network.predict_on_batch, ask], served.pictures)
    products = form.kinds_of_operations(folder)
    record = {
        "pictures": len(served.pictures),
        "tested_on": served.tested_on,
        "metric": served.metric,
        served.metric: scores,
        "tolerance": served.tolerance,
        **served.apart(expected, found),
        # NumPy's maximum, which a NaN of any output is.
        "max_difference": float(np.max([_difference(expected[one], found[one]) for one in found])),
        "max_difference_tolerance": None if is_int8 else TOLERANCE,
        "bytes": size(folder),
        "keras_bytes": 4 * network.count_params(),
        "milliseconds": {"keras": keras_ms, "export": export_ms},
        "int8_operations": f"{sum(products)} of {len(products)}",
        "versions": versions(("keras", *form.PACKAGES)),
    }
    return record | {"failures": failures(record, products, is_int8)}


def failures(record: dict[str, Any], products: list[bool], is_int8: bool) -> list[str]:
    """What is not good enough, in words. products: see `Format.kinds_of_operations`."""
    metric, apart, found = record["metric"], record["max_difference"], []
    scores = record[metric]
    lost = scores["keras"] - scores["export"]
    if not lost <= record["tolerance"]:  # also where it is NaN
        found.append(
            f"{metric} is {scores['export']:.4f} and Keras' {scores['keras']:.4f}: more than "
            f"{record['tolerance']:g} is lost"
        )
    if not is_int8 and not apart <= TOLERANCE:
        found.append(f"outputs differ by {apart:.1e} of the largest, more than {TOLERANCE:g}")
    if is_int8 and not (products and all(products)):
        found.append(f"{record['int8_operations']} convolutions and products are in int8")
    return found


def answers(engine: Callable[[np.ndarray], Outputs], pictures: np.ndarray, batch: int) -> Outputs:
    """For all pictures, so many at once."""
    found = [engine(pictures[at : at + batch]) for at in range(0, len(pictures), batch)]
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def size(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one - other).max() / max(float(np.abs(one).max()), 1e-30))


def milliseconds(engines: list[Callable[[np.ndarray], Any]], pictures: np.ndarray) -> list[float]:
    """The median of each for one picture; they take turns, as a machine has other work too."""
    took: list[list[float]] = [[] for _ in engines]
    for turn in range(TIMED + 2):
        picture = pictures[turn % len(pictures)][None]
        for engine, times in zip(engines, took, strict=True):
            start = time.perf_counter()
            engine(picture)
            times.append(1000 * (time.perf_counter() - start))
    return [round(statistics.median(times[2:]), 2) for times in took]
