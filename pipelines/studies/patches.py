"""What excites the units of registered models, for the page of results: `patches.py [MODEL...]`.

Of every classifier, detector and face network, over 300 pictures that it was trained on: a sheet in
reports/patches, which the page shows. It is no part of evaluation: a change of the drawing would
make every report anew.
"""

from pathlib import Path

from fivenets import tasks
from fivenets.core import candidates, files, params, stage
from fivenets.core.candidates import Candidate
from fivenets.exports import writing
from fivenets.fitting import model_files
from fivenets.looking import patches, sheet
from fivenets.runs import lookup, page

TASKS = ("classification", "detection", "faces")
UNITS = 8  # of each layer, drawn


def main(*names: str) -> None:
    registered = [one for name in params.load("registered") for one in candidates.of(name)]
    asked = [candidates.find(name) for name in names] or registered
    for candidate in asked:
        if candidate.task in TASKS:
            print(f"{draw(candidate)} drawn", flush=True)


def draw(candidate: Candidate) -> Path:
    """The sheet of one model."""
    # Not the candidate's own file: a face network's threshold is beside the registered one.
    file = lookup.model_file(f"{candidate.registered}@{candidate.name}")
    pictures = writing.served_by(candidate, file).training
    network, _ = model_files.load(file)
    white = tasks.find(candidate.task).service.white or 255
    layers = patches.excited(network, [picture * (white / 255) for picture in pictures])
    drawn = sheet.sheet(layers, sheet.first_filters(network), pictures, UNITS)
    out = page.PATCHES / f"{candidate.name}.png"
    out.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(out) as part:
        drawn.save(part)
    return out


if __name__ == "__main__":
    stage.run(main)
