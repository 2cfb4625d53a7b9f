"""What a converted detector is worth where no boxes are known: agreement and speed."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fivenets.detection import certificate, engines
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.fitting import inference

REPEATS = 10  # of a timed call; the median is reported


def metrics(
    detector: Detector, record: dict[str, Any], photographs: list[np.ndarray]
) -> dict[str, Any]:
    """All numbers about one detector; `record` is its certificate.

    `agreement` is 0 where the certificate is not within its tolerances.
    """
    found = agreement(detector, photographs)
    if not certificate.is_equal(record):
        found["agreement"] = 0.0
    witnesses = certificate.witnesses(record)
    worst = {
        key: max((engine[key] for engine in witnesses.values()), default=None)
        for key in ("max_abs_difference", "max_box_difference_px")
    }
    fast = detector.for_inference()
    picture = certificate.pictures_for(detector, [])
    milliseconds = inference.milliseconds(lambda: fast.raw(picture), REPEATS)
    also = "no engine that reads this network is installed"
    if witnesses:
        also = (
            f"raw output within {worst['max_abs_difference']:.1e} and boxes within "
            f"{worst['max_box_difference_px']:.4f} px of {' and '.join(witnesses)}"
        )
    known = {"parameters": detector.network.count_params(), "also": also, "certificate": record}
    return {**found, **worst, "milliseconds_per_picture": milliseconds, **known}


def agreement(detector: Detector, photographs: list[np.ndarray]) -> dict[str, Any]:
    """Share of (engine, profile, picture) for which both come to the same detections.

    The engines run the Darknet files that the detector writes, so its own file is what is compared.
    photographs: each (h, w, 3) uint8.
    """
    pictures = certificate.pictures_for(detector, photographs)
    with tempfile.TemporaryDirectory() as scratch:
        cfg_file, weights_file, _ = detector.write_darknet(Path(scratch, "net"))
        answers = certificate.ask_all(cfg_file, weights_file, pictures)
    mine = engines.ours(detector.raw(pictures), detector.regions)
    same = {
        engine: {
            name: certificate.same_detections(answer, mine, profile)
            for name, profile in PROFILES.items()
        }
        for engine, answer in answers.items()
        if not isinstance(answer, str)
    }
    all_same = [one for profiles in same.values() for found in profiles.values() for one in found]
    return {
        "agreement": float(np.mean(all_same)) if all_same else 0.0,
        "examples": len(all_same),
        "same_detections": {
            engine: {name: float(np.mean(pictures)) for name, pictures in profiles.items()}
            for engine, profiles in same.items()
        },
    }
