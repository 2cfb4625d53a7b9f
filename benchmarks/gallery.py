"""How long a gallery of 100,000 embeddings takes to answer: `python benchmarks/gallery.py`."""

import json
import statistics
import time

import numpy as np

from fivenets.faces.recognition import Gallery

ENTRIES, DIMENSIONS, BATCH, REPEATS = 100_000, 128, 256, 20


def main() -> None:
    rng = np.random.default_rng(0)
    entries = rng.normal(size=(ENTRIES, DIMENSIONS)).astype(np.float32)
    gallery = Gallery(entries, ["x"] * ENTRIES, ["y"] * ENTRIES, "")
    queries = rng.normal(size=(BATCH, DIMENSIONS)).astype(np.float32)
    one = milliseconds(lambda: gallery.search(queries[:1], 1.0))
    batch = milliseconds(lambda: gallery.search(queries, 1.0)) / BATCH
    print(
        json.dumps(
            {
                "entries": ENTRIES,
                "one_query_ms": round(one, 2),
                "per_query_in_batch_ms": round(batch, 3),
                "times_cheaper": round(one / batch, 1),
            }
        )
    )


def milliseconds(call) -> float:
    """Median time of a call, after one that warms up."""
    call()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


if __name__ == "__main__":
    main()
