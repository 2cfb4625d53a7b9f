"""What MLflow runs to load a registered face embedder: a script, so that nothing is pickled."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import mlflow
import numpy as np
import pandas as pd

from fivenets.core.errors import UserError
from fivenets.faces.alignment import Which
from fivenets.faces.calibration import Calibration
from fivenets.faces.embedder import FACE, Embedder, read_face, verdict
from fivenets.faces.face import Found, too_small
from fivenets.runs import watching
from fivenets.runs.pyfunc import inputs
from fivenets.runs.pyfunc.serving import Served

MEANT = {"largest": "the largest", "centre": "the one in the centre", "only": "the only one"}


class FaceVerifier(Served):
    """A registered embedder: a pair of pictures in, same or not out; one picture, its embedding."""

    def load(self, file: Path) -> Embedder:
        return Embedder.from_file(file)

    def load_context(self, context: Any) -> None:
        super().load_context(context)
        self.calibration = Calibration.read(Path(context.artifacts["calibration"]))

    def predict(self, model_input: list[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row per item: `embedding` of one picture; `same`, `distance`, `threshold` and
        `target_far` of a list of two. What does not apply is None. `faces` says how many there are
        in each picture, and `notes` what else the command line would say of them, or nothing.

        The largest face is found and aligned; `params` may ask for another, as `face: centre`, for
        an error where there are several, `face: only`, or have a picture taken whole,
        `cropped: True`.
        """
        with inputs.refusals():
            inputs.check_params(params, known=("cropped", "face"))
            is_cropped = bool((params or {}).get("cropped", False))
            which = (params or {}).get("face") or FACE  # MLflow gives None for what is not asked
            if which not in get_args(Which):
                raise UserError(f"face: {', '.join(get_args(Which))} expected, {which!r} received")
            rows = []
            for index, item in enumerate(model_input):
                is_alone = len(model_input) == 1 and not isinstance(item, list | tuple)
                with inputs.place(None if is_alone else index):
                    rows.append(self._row(item, is_cropped, which))
            return pd.DataFrame(rows)

    def _row(self, item: Any, is_cropped: bool, which: Which) -> dict[str, Any]:
        shown = item if isinstance(item, list | tuple) else [item]
        if len(shown) not in (1, 2):
            raise UserError(f"one picture or a pair expected, {len(shown)} received")
        found, notes = [], []
        for index, one in enumerate(shown):
            with inputs.place(index if len(shown) > 1 else None), inputs.noted() as said:
                found.append(read_face(inputs.picture(one), is_cropped, which))
            name = f"inputs[{index}]" if len(shown) > 1 else "the picture"
            said += _notes(found[-1], which)
            notes += [f"{name}: {words.removeprefix('the picture: ')}" for words in said]
        crops = [one.crop for one in found]
        watching.note(crops, self.file)
        vectors = self.model.embeddings(crops)
        answer = dict.fromkeys(("same", "distance", "threshold", "target_far", "embedding"))
        answer |= {"faces": [max(1, len(one.faces)) for one in found]}
        if len(shown) == 1:
            answer |= {"embedding": vectors[0].tolist()}
        else:
            answer |= asdict(verdict(vectors[0], vectors[1], self.calibration))
            if np.array_equal(*(one.picture for one in found)):
                notes.append("both are the same picture: its distance to itself says nothing")
            notes += filter(None, [self.calibration.misfit(is_cropped)])
        return answer | {"notes": "; ".join(notes), "caution": self.model.caution}


def _notes(found: Found, which: Which) -> list[str]:
    """What is to be said of the faces in a picture."""
    small, taken = too_small(found.sides([found.chosen])), MEANT[which]
    several = f"{len(found.faces)} faces, of which {taken} is taken" if found.faces[1:] else ""
    return [words for words in (several, small) if words]


mlflow.models.set_model(FaceVerifier())
