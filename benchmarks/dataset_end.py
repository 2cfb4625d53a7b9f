"""How long tf.data sets take to end, tuned as by default and untuned (`fivenets.fitting.fit`).

    python benchmarks/dataset_end.py [SETS] [SECONDS]

SETS endless sets of small arrays are read for SECONDS, and then ended one after another. Prints the
seconds that each took, of both kinds, as one JSON object.
"""

import json
import sys
import time
from collections.abc import Iterator

import numpy as np

from fivenets.fitting.batches import endless, untuned


def main(sets: str = "30", seconds: str = "15") -> None:
    kinds = {
        "tuned": lambda: endless(batches()),
        "untuned": lambda: untuned(batches()),
    }
    found = {}
    for kind, make in kinds.items():
        iterators = [iter(make()) for _ in range(int(sets))]
        began = time.perf_counter()
        while time.perf_counter() - began < float(seconds):
            for iterator in iterators:
                next(iterator)
            time.sleep(0.02)
        found[kind] = []
        while iterators:
            ending = time.perf_counter()
            iterators.pop()  # the last reference to it
            found[kind].append(round(time.perf_counter() - ending, 2))
            print(f"{kind}: {found[kind][-1]} s", file=sys.stderr, flush=True)
    print(json.dumps(found))


def batches() -> Iterator[tuple[np.ndarray, ...]]:
    while True:
        yield np.zeros((4, 8, 8, 3), np.float32), np.zeros((4, 2), np.float32)


if __name__ == "__main__":
    main(*sys.argv[1:])
