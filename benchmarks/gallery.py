"""How long a gallery of 100,000 embeddings takes to answer: `python benchmarks/gallery.py`."""

import json
from functools import partial

import numpy as np
from turns import medians

from fivenets.faces.recognition import Gallery

ENTRIES, DIMENSIONS, BATCH, REPEATS = 100_000, 128, 256, 20


def main() -> None:
    rng = np.random.default_rng(0)
    entries = rng.normal(size=(ENTRIES, DIMENSIONS)).astype(np.float32)
    gallery = Gallery(entries, ["x"] * ENTRIES, ["y"] * ENTRIES, "")
    queries = rng.normal(size=(BATCH, DIMENSIONS)).astype(np.float32)
    asked = {"one": queries[:1], "batch": queries}
    ways = {name: partial(gallery.search, some, 1.0) for name, some in asked.items()}
    found = medians(ways, REPEATS)
    one, batch = found["one"], found["batch"] / BATCH
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


if __name__ == "__main__":
    main()
