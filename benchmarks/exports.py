"""The certificate of each export: what it loses, its size, its time beside Keras.

    python benchmarks/exports.py [MODEL:FORMAT ...]

In a project whose models are registered and whose data are prepared. MODEL is a registered name or
NAME@ALIAS, FORMAT one of `fivenets export`, with `-int8` behind it where that is meant; by default
every one that there is. What is measured replaces its row in benchmarks/results/exports.json, also
where it fails its certificate; the table of all rows is printed. int8 is timed beside float32 of
the same format, which is written for that.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fivenets.core import candidates
from fivenets.core.errors import UserError
from fivenets.exports import certificate, formats, writing
from fivenets.runs import registry

RESULTS = Path(__file__).parent / "results" / "exports.json"
MODELS = ("signs-cnn", "signs-resnet50", "yolov2", "yolov2-compact", "unet", "facenet")
MODELS += ("facenet@facenet-nn4", "style-fast")
KINDS = ("litert", "litert-int8", "openvino", "openvino-int8", "onnx", "saved_model")
COLUMNS = ("model", "format", "metric", "Keras", "export", "largest difference", "MB", "of float32")
COLUMNS += ("ms", "Keras, ms", "of float32's time", "certificate")


def main(*jobs: str) -> None:
    for job in jobs or [f"{model}:{kind}" for model in MODELS for kind in KINDS]:
        rows = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
        try:
            rows[job] = measured(*job.split(":"))
        except UserError as error:
            print(f"{job}: {error}", file=sys.stderr, flush=True)
            continue
        command = "python benchmarks/exports.py"
        RESULTS.write_text(json.dumps({"command": command, "rows": rows}, indent=2) + "\n")
    print_table(json.loads(RESULTS.read_text())["rows"])


def measured(model: str, kind: str) -> dict[str, Any]:
    """The certificate of one export, and what int8 brings."""
    form, _, int8 = kind.partition("-")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "asked")
        record = writing.export(model, form, folder, bool(int8), is_forced=True)["certificate"]
        if int8:
            record["float32"] = beside_float32(model, form, folder, Path(scratch))
    return record | {"load": os.getloadavg()[0], "day": time.strftime("%Y-%m-%d")}


def beside_float32(model: str, form: str, folder: Path, scratch: Path) -> dict[str, float]:
    """Bytes and milliseconds of the same format in float32, taking turns with int8."""
    plain, written = scratch / "float32", formats.find(form, False)
    plain.mkdir()
    candidate = candidates.find(registry.version_of(model).tags["model"])
    served = writing.served_by(candidate, registry.model_file(model))
    written.write(served, plain, None)
    asked = [written.opened(plain), written.opened(folder)]
    milliseconds = certificate.milliseconds(asked, served.pictures)
    (folder / writing.DOCUMENT).unlink()
    sizes = [certificate.size(one) for one in (plain, folder)]
    return {
        "bytes": sizes[0],
        "milliseconds": milliseconds[0],
        "size_ratio": round(sizes[1] / sizes[0], 3),
        "time_ratio": round(milliseconds[1] / milliseconds[0], 3),
    }


def print_table(rows: dict[str, dict[str, Any]]) -> None:
    """All that was measured, as Markdown."""
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for job, row in rows.items():
        scores, milliseconds = row[row["metric"]], row["milliseconds"]
        beside = row.get("float32", {})
        cells = [
            *job.split(":"),
            row["metric"],
            f"{scores['keras']:.4f}",
            f"{scores['export']:.4f}",
            f"{row['max_difference']:.1e}",
            f"{row['bytes'] / 1e6:.1f}",
            str(beside.get("size_ratio", "")),
            str(milliseconds["export"]),
            str(milliseconds["keras"]),
            str(beside.get("time_ratio", "")),
            "; ".join(row["failures"]) or "passed",
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
