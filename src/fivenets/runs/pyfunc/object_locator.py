"""What MLflow runs to load a registered locator: a script, so that nothing is pickled."""

from pathlib import Path

import mlflow

from fivenets.localisation.locator import Locator
from fivenets.runs.pyfunc.serving import Pictures, Rows, Served


class ObjectLocator(Served):
    """One row per picture; `presence` is 0..1.

    `coordinates` are pixels: a box' corners [[x1, y1], [x2, y2]], or each point [x, y].
    """

    columns = ("presence", "label", "probability", "coordinates")

    def load(self, file: Path) -> Locator:
        return Locator.from_file(file)

    def rows(self, pictures: Pictures) -> Rows:
        for one in map(self.model.locate, pictures):
            yield vars(one) | {"coordinates": one.coordinates.round(2).tolist()}


mlflow.models.set_model(ObjectLocator())
