"""What Spark's workers do with a batch; `make faults` asks Spark itself, where that is there."""

import importlib.util
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fivenets.classification.classifier import Prediction
from fivenets.core.errors import UserError
from fivenets.detection.detector import Detection
from fivenets.localisation.locator import Located
from fivenets.runs import spark
from fivenets.runs.pyfunc.inputs import read_all, refusals
from fivenets.segmentation.segmenter import Segmentation
from fivenets.style.result import Result

PYFUNC = Path(spark.__file__).parent / "pyfunc"
SIGN = (PYFUNC / "example_sign.png").read_bytes()
ARROW = {  # what Spark makes of its own words for columns
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "double": pa.float64(),
    "array<string>": pa.list_(pa.string()),
    "array<int>": pa.list_(pa.int32()),
    "array<double>": pa.list_(pa.float64()),
    "array<array<double>>": pa.list_(pa.list_(pa.float64())),
    "map<string,double>": pa.map_(pa.string(), pa.float64()),
}


def columns_of(script: str) -> dict[str, Any]:
    words = [column.split() for column in spark.COLUMNS[script].split(", ")]
    return {name: ARROW[kind] for name, kind in words}


def two_in_each(items: list) -> pd.DataFrame:
    """As a detector that finds two objects in every picture, and none in a small one."""
    with refusals():
        rows = [
            {"image": index, "class": name, "score": 0.5}
            for index, picture in enumerate(read_all(items))
            for name in ("car", "dog")
            if picture.shape[0] > 8
        ]
    return pd.DataFrame(rows)


def test_a_picture_that_is_refused_costs_its_own_row_only() -> None:
    contents = [SIGN, b"no picture", bytearray(SIGN), None]
    table = {"path": ["a", "b", "c", "d"], "content": contents, "size": [1, 2, 3, 4]}
    batch = pd.DataFrame(table | {"image": ["e", "f", "g", "h"]})
    columns = ["path", "size", "image", "class", "score", "error"]
    found = spark.answered(two_in_each, "object_detector", batch, ["content"], columns)
    assert found["path"].tolist() == ["a", "a", "b", "c", "c", "d"]
    assert found["class"].tolist() == ["car", "dog", None, "car", "dog", None]
    assert found["size"].tolist() == [1, 1, 2, 3, 3, 4]
    assert found["image"].tolist() == ["e", "e", "f", "g", "g", "h"]  # the table's own
    refused = found["error"].dropna().to_dict()
    assert refused.pop(5) == "a picture is missing"
    assert refused.pop(2).endswith(", TIFF, WEBP")
    assert not refused
    assert list(found.columns) == columns
    assert pa.array(found["score"], pa.float64()).null_count == 2


def test_two_columns_are_a_pair_of_faces_or_a_content_and_its_style() -> None:
    batch = pd.DataFrame({"one": ["a"], "other": ["b"]})
    asked: list[list] = []

    def predict(items: list) -> pd.DataFrame:
        asked.append(items)
        return pd.DataFrame([{"caution": ""}])

    for script in ("face_verifier", "style_transfer"):
        spark.answered(predict, script, batch, ["one", "other"], ["caution"])
    spark.answered(predict, "face_verifier", batch, ["one"], ["other", "caution"])
    assert asked == [[["a", "b"]], ["a", "b"], ["a"]]


@pytest.mark.parametrize(
    ("columns", "pictures", "sentence"),
    [
        (["path"], ["content"], "the table has no column content; it has path"),
        (["a", "b"], ["a", "b"], "at most 1 columns of pictures, not 2"),
        (["label", "content"], ["content"], "has a column label too"),
    ],
)
def test_columns_that_do_not_fit_are_named(columns, pictures, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        spark.check("image_classifier", columns, pictures, ["label", "error"])


def test_every_script_that_mlflow_runs_can_be_asked() -> None:
    """One that sets a model for MLflow; the others are what these share."""
    served = {file.stem for file in PYFUNC.glob("*.py") if "set_model" in file.read_text()}
    assert spark.COLUMNS.keys() == served


def load(script: str) -> Any:
    """The model of a script, as MLflow finds it."""
    spec = importlib.util.spec_from_file_location(script, PYFUNC / f"{script}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings(record=True):  # MLflow warns, past any filter, of list[Any]
        spec.loader.exec_module(module)
    return getattr(module, script.title().replace("_", ""))()


SEEN = {  # of each script: how its model is asked, and what that finds
    "image_classifier": (
        "classify", [Prediction("3", 0.5, False, None, {"3": 0.5, "4": 0.5})]),
    "image_segmenter": ("segment", Segmentation(np.eye(2, dtype="u1"), ("a", "b"))),
    "object_detector": ("detect", [[Detection("car", 0.5, 1, 2, 3, 4)]]),
    "object_locator": ("locate", Located(0.5, "car", 0.5, np.ones((2, 2)))),
    "style_transfer": (
        "stylize", Result(np.zeros((4, 4, 3), "u1"), 1, 0.5, None, 0.1, "vgg16")),
    "face_verifier": ("embeddings", np.ones((1, 4), np.float32)),
}  # fmt: skip


@pytest.mark.parametrize("script", spark.COLUMNS)
def test_answers_have_the_columns_and_the_types_that_spark_is_told(script: str) -> None:
    """What a network would find goes through the script that MLflow runs."""
    asked, found = SEEN[script]
    served = load(script)
    served.model = SimpleNamespace(caution="", **{asked: lambda *_, **__: found})
    served.file = "model.keras"
    params = {"cropped": True} if script == "face_verifier" else None
    kinds = {"path": pa.string(), **columns_of(script), "error": pa.string()}
    answer = spark.answered(
        lambda items: served.predict(items, params),
        script,
        pd.DataFrame({"path": ["a", "b"], "content": [SIGN, b"no picture"]}),
        ["content"],
        list(kinds),
    )
    columns = {name: pa.array(answer[name], kind, from_pandas=True) for name, kind in kinds.items()}
    error = columns["error"].to_pylist()
    assert (error[0], error[1].partition(":")[0]) == (None, "the bytes is not an image")
    unanswered = {"same", "distance", "threshold", "target_far", "content_loss"}
    unanswered |= {"score"} if script == "image_classifier" else set()
    empty = {name for name, column in columns.items() if column[0].as_py() is None}
    assert empty - unanswered == {"error"}
