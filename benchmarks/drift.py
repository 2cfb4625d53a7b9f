"""How far each version's own test pictures, and other data sets', are from its training's.

    python benchmarks/drift.py        # after `make` on real data, and `make landmarks`

Prints the largest distance of any measure (see `fivenets watch`), each model in a row.
"""

import itertools
from pathlib import Path

from fivenets.core import candidates, images
from fivenets.datasets import opening
from fivenets.runs import drift, registry, tracking, watching

MODELS = ("signs-assignment", "signs-compact", "yolov2-compact", "unet", "landmarks68")
ASKED = 400  # pictures of a test set, at most about


def main() -> None:
    tracking.connect()
    found = [candidates.find(name) for name in MODELS]
    tests = {str(one.data): tested(Path("data", str(one.data))) for one in found}
    print("model", *tests, sep="\t")
    for one in found:
        version = registry.version_of(f"{one.registered}@{one.name}")
        run = tracking.run_with_id(str(version.run_id))
        assert run is not None
        trained = drift.trained_on(version, run)
        cells = []
        for asked in tests.values():
            rows = [row for row in drift.compared(trained, asked) if row["far"] is not None]
            worst = max(rows, key=lambda row: row["far"])
            said = "drift" if any(row["drifted"] for row in rows) else "none"
            cells.append(f"{worst['measure']} {worst['far']:.2f}, {said}")
        print(one.name, *cells, sep="\t")


def tested(folder: Path) -> watching.Numbers:
    builder = opening.builder_in(folder)
    step = -(-builder.info.splits["test"].num_examples // ASKED)
    rows = itertools.islice(opening.rows_of(builder, "test"), 0, None, step)
    return watching.of_pictures(images.read_image(row["image"]) for row in rows)


if __name__ == "__main__":
    main()
