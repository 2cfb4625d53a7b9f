"""`fivenets detect` and `fivenets convert`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from fivenets.cli import printing
from fivenets.cli.options import Json, Model, Trust
from fivenets.core.errors import UserError, printable

app = typer.Typer()


@app.command()
def detect(
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE", help="Pictures, videos, or folders of them."),
    ],
    out: Annotated[Path | None, typer.Option(help="A folder for copies with boxes drawn.")] = None,
    model: Model = "yolov2",
    profile: Annotated[
        str,
        typer.Option(
            help="Thresholds of score and overlap: course (0.6, 0.5) or benchmark (0.001, 0.45)."
        ),
    ] = "course",
    score_threshold: Annotated[
        float | None, typer.Option(help="In place of the profile's, 0..1.")
    ] = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Finds the objects in each picture or frame, with boxes in pixels."""
    from fivenets.core import files
    from fivenets.detection import boxes, listing
    from fivenets.detection.detector import Detection, Detector
    from fivenets.runs import lookup

    thresholds = boxes.profile(profile, score_threshold)
    if out is not None:
        files.check_folder(out, "--out")
    paths, refused = listing.pictures(images, out)
    # A benchmark counts boxes that are near its low threshold, where bfloat16 changes some.
    dtype = "float32" if profile == "benchmark" else None
    detector = lookup.load(Detector.from_file, model, trust).for_inference(dtype)
    table = printing.table("image", "class", "score", "x1, y1, x2, y2")
    without: list[str] = []

    def report(image: dict, found: list[Detection]) -> None:
        for detection in found:
            if as_json:
                print(json.dumps({**image, **detection.row()}), flush=True)
            corners = (detection.x1, detection.y1, detection.x2, detection.y2)
            box = ", ".join(f"{corner:.0f}" for corner in corners)
            shown = " frame ".join(map(str, image.values()))
            printing.add_row(table, shown, detection.label, f"{detection.score:.3f}", box)

    with printing.bar() as bar:
        task = bar.add_task("detecting", total=len(paths))
        for path in paths:
            rows = table.row_count
            try:
                if listing.is_video(path):
                    from fivenets.detection import video  # imports FFmpeg

                    for frame, frames, found in video.detect(detector, path, thresholds, out):
                        report({"image": str(path), "frame": frame}, found)
                        place = f"frame {frame + 1} of {frames or '?'}"
                        bar.update(task, description=f"{printable(path.name)}: {place}")
                else:
                    found = listing.detect(detector, path, thresholds, out)
                    report({"image": str(path)}, found)
                if table.row_count == rows:
                    without.append(str(path))
            except UserError as error:
                refused.append(str(error))
            bar.update(task, advance=1, description="detecting")
    if not as_json and table.rows:
        printing.console().print(table)
    if without:
        least, names = thresholds.score_threshold, ", ".join(without)
        say = printing.warn if as_json else printing.say
        say(f"nothing that scores {least:g} or more (--score-threshold) in {names}")
    if detector.caution and (without or table.row_count):
        printing.warn(detector.caution)
    if refused:
        raise UserError(*refused)


@app.command()
def convert(
    cfg: Annotated[
        Path, typer.Argument(metavar="CFG", help="Darknet's .cfg file, of the network.")
    ],
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="Darknet's .weights file.")],
    out: Annotated[Path, typer.Option(metavar="FILE.keras", help="Where to write the model.")],
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Where to write what was compared.")
    ] = None,
    names: Annotated[Path | None, typer.Option(help="Names of the classes, one per line.")] = None,
    resize: Annotated[
        str,
        typer.Option(
            help="How pictures are fitted: letterbox, as in Darknet; stretch, as in the course."
        ),
    ] = "letterbox",
    image: Annotated[
        list[Path] | None, typer.Option(help="A picture to compare engines on; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Converts a Darknet detector or classifier to Keras and compares it with other engines."""
    from fivenets.core import files
    from fivenets.course_files import converting
    from fivenets.detection.detector import read_names
    from fivenets.fitting.engine import Export

    inputs = [cfg, weights, *([names] if names else []), *(image or [])]
    converting.check_out(out, inputs)
    if certificate:
        is_beside = certificate.parent == out.parent
        files.check_file(certificate, "--certificate", (".json",), inputs, is_beside)
        if certificate.resolve() == Export.of(out).record.resolve():
            raise UserError(f"--certificate {certificate} is --out's: expected another name")
    labels = read_names(names) if names else None
    record = converting.convert(cfg, weights, out, labels, resize, image or [])
    if certificate:
        files.write_text(certificate, json.dumps(record, indent=2) + "\n")
    if as_json:
        print(json.dumps(record))
        return
    report_conversion(out, record)


def report_conversion(out: Path, record: dict[str, Any]) -> None:
    """Says what a conversion was compared with, and what answers for its file."""
    from fivenets.detection import certificate as certificates

    witnesses = certificates.witnesses(record)
    compared = ", ".join(witnesses) or "nothing: no engine that reads it is installed"
    printing.say(f"{out}: {record['parameters']:,} parameters, compared with {compared}")
    for name, engine in record["engines"].items():
        if name not in witnesses:
            printing.say(f"  {name}: no witness: {engine[certificates.CANNOT_READ]}")
            continue
        raw, box = engine["max_abs_difference"], engine.get("max_box_difference_px")
        boxes = "" if box is None else f"boxes within {box:.1e} px, "
        levels = engine["mean_input_difference_levels"]
        printing.say(
            f"  {name}: raw output within {raw:.1e}, {boxes}pictures read and fitted within "
            f"{levels:.2f} grey levels on average"
        )
    printing.say(f"  answers by {record['answers_by']}")
