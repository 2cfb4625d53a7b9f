"""What is registered beside a model's file: its export for OpenVINO, where there can be one."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fivenets.core.candidates import Candidate
from fivenets.core.images import read_image
from fivenets.core.task import Service
from fivenets.fitting.engine import Export

log = logging.getLogger(__name__)

PYFUNC = Path(__file__).parent / "pyfunc"  # the scripts that MLflow runs, and example pictures

Files = dict[str, Path]  # by the names that MLflow calls them
Exporter = Callable[[Path], tuple[Files, str]]


def exported(candidate: Candidate, service: Service, folder: Path) -> tuple[Files, str]:
    """Makes the export in an empty folder; says in a word or a sentence what answers."""
    if service.white is None:
        return {}, "Keras: what is asked of it is gradients"
    linked = folder / candidate.file.name
    linked.symlink_to(candidate.file.resolve())
    said = beside(linked, service.white, service.tolerance, candidate.name)
    files = Export.of(linked)
    if not files.record.exists():
        return {}, said
    return {"xml": files.xml, "bin": files.bin, "openvino": files.record}, said


def beside(file: Path, white: float, tolerance: float, name: str) -> str:
    """Writes the export of a .keras file beside it; says in a word or a sentence what answers.

    white: what 255 is to the network. tolerance: see `Service`. name: for the log.
    """
    # Keras is imported here: a version that is registered already needs none.
    from fivenets.fitting import export

    try:
        certificate = export.export(file, example_pictures(), white, tolerance)["certificate"]
    except Exception as error:  # of Keras, TensorFlow and OpenVINO, which name no kinds
        first_line = str(error).strip().partition("\n")[0]
        log.warning("%s: not exported for OpenVINO: %s", name, first_line)
        return f"Keras: not exported: {first_line}"
    log.info(
        "%s: exported for OpenVINO, within %.1e of Keras, %.1f ms a picture (Keras %.1f)",
        name,
        certificate["max_difference"],
        certificate["openvino_ms"],
        certificate["keras_ms"],
    )
    return f"OpenVINO, within {certificate['max_difference']:.1e} of Keras"


def example_pictures() -> list[np.ndarray]:
    """Those that come with the package, (height, width, 3) uint8 each."""
    return [read_image(file) for file in sorted(PYFUNC.glob("*.png"))]
