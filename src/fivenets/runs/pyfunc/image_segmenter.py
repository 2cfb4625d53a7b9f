"""What MLflow runs to load a registered segmenter: a script, so that nothing is pickled."""

from pathlib import Path

import mlflow

from fivenets.runs.pyfunc.serving import Pictures, Rows, Served, as_png
from fivenets.segmentation.drawing import as_palette
from fivenets.segmentation.segmenter import Segmenter


class ImageSegmenter(Served):
    """One row per picture; `shares` are of the pixels, by class.

    `mask` is a PNG file of the picture's size as base64 text, whose values are places in `classes`.
    """

    columns = ("shares", "mask", "classes")

    def load(self, file: Path) -> Segmenter:
        return Segmenter.from_file(file)

    def rows(self, pictures: Pictures) -> Rows:
        for one in map(self.model.segment, pictures):
            mask = as_png(as_palette(one.mask))
            yield {"shares": one.shares, "mask": mask, "classes": list(one.labels)}


mlflow.models.set_model(ImageSegmenter())
