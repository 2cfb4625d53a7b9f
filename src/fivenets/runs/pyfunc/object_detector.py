"""What MLflow runs to load a registered detector: a script, so that nothing is pickled."""

from pathlib import Path

import mlflow

from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.runs.pyfunc.serving import Pictures, Rows, Served


class ObjectDetector(Served):
    """One row per object: its picture's place in the list, and its box in pixels of that."""

    columns = ("image", "class", "score", "x1", "y1", "x2", "y2")

    def load(self, file: Path) -> Detector:
        return Detector.from_file(file).for_inference()

    def rows(self, pictures: Pictures) -> Rows:
        for place, found in enumerate(self.model.detect(pictures, PROFILES["course"])):
            yield from ({"image": place, **one.row()} for one in found)


mlflow.models.set_model(ObjectDetector())
