"""Registered models asked about the pictures of a Spark table, which needs the extra `spark`."""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fivenets.core.errors import UserError

# What is answered by each script in `pyfunc/`, in Spark's words.
COLUMNS = {
    "face_verifier": "same boolean, distance double, threshold double, target_far double, "
    "embedding array<double>, faces array<int>, notes string, "
    "caution string",
    "image_classifier": "label string, probability double, rejected boolean, score double, "
    "probabilities map<string,double>, caution string",
    "image_segmenter": "shares map<string,double>, mask string, classes array<string>, "
    "caution string",
    "object_detector": "class string, score double, x1 double, y1 double, x2 double, y2 double, "
    "caution string",
    "object_locator": "presence double, label string, probability double, "
    "coordinates array<array<double>>, caution string",
    "style_transfer": "image string, iterations int, seconds double, content_loss double, "
    "style_loss double, features string",
}
MOST_PICTURES = {"face_verifier": 2, "style_transfer": 5}  # of a row; of what is not here: one
ERROR = "error"


def answers(
    table: Any, model: str, pictures: Sequence[str] = ("content",), params: dict | None = None
) -> Any:
    """What a registered model says of the pictures in a Spark table, as another table.

    Every worker needs this project, and reaches the store and its files by MLflow's tracking URI as
    it is here. All of them ask one version, which is looked up once.

    Args: model: as models:/signs-cnn@champion.
        pictures: columns of bytes, base64 text, or paths that every worker can read. For faces
        one, or two to compare; for a painting the content and its styles.
        params: as behind MLflow's server, the same for every row.

    Returns: the other columns of each row, those of COLUMNS, and `error`, which is null or says
    why this row has no answer. One row each, but of a detector one for each object.

    Raises: UserError where the columns do not fit the model.
    """
    import mlflow
    from pyspark.sql.types import StructType  # pyright: ignore[reportMissingImports]

    info = mlflow.models.get_model_info(model)
    script = Path(info.flavors["python_function"]["model_code_path"]).stem
    added = StructType.fromDDL(f"{COLUMNS[script]}, {ERROR} string")
    kept = [field for field in table.schema.fields if field.name not in pictures]
    check(script, table.columns, pictures, added.names)
    store, uri, names = mlflow.get_tracking_uri(), info.model_uri, [field.name for field in kept]

    def of_partition(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        ask = functools.partial(_loaded(store, uri).predict, params=params)
        for batch in batches:
            yield answered(ask, script, batch, pictures, [*names, *added.names])

    asked = table.select(*names, *pictures)
    return asked.mapInPandas(of_partition, StructType(kept + added.fields))


def check(script: str, columns: list[str], pictures: Sequence[str], added: Sequence[str]) -> None:
    """Raises: UserError where a table's columns cannot be asked about, or would be overwritten."""
    if missing := [name for name in pictures if name not in columns]:
        raise UserError(f"the table has no column {missing[0]}; it has {', '.join(columns)}")
    most = MOST_PICTURES.get(script, 1)
    if not 1 <= len(pictures) <= most:
        raise UserError(f"the model takes at most {most} columns of pictures, not {len(pictures)}")
    if taken := sorted((set(columns) - set(pictures)) & set(added)):
        raise UserError(f"the answer has a column {taken[0]} too: rename that of the table")


def answered(
    predict: Callable[[list], pd.DataFrame],
    script: str,
    batch: pd.DataFrame,
    pictures: Sequence[str],
    columns: Sequence[str],
) -> pd.DataFrame:
    """The answers to a batch's rows, each asked by itself: one that is refused costs no other."""
    rows, asked = [], batch[list(pictures)]
    kept, missing = batch.drop(columns=list(pictures)).to_dict("records"), asked.isna().any(axis=1)
    for row, items, is_missing in zip(kept, asked.to_numpy().tolist(), missing, strict=True):
        is_pair = script == "face_verifier" and len(items) > 1
        try:
            if is_missing:
                raise UserError("a picture is missing")
            found = predict([items] if is_pair else items)
            rows += [answer | row for answer in found.to_dict("records")]
        except UserError as error:
            rows.append(row | {ERROR: str(error)})
    # As objects: a column of numbers in which one is missing would turn into fractions.
    answer = pd.DataFrame(rows, columns=pd.Index(columns), dtype=object)
    return answer.where(answer.notna(), None)


@functools.cache  # a worker serves several partitions
def _loaded(store: str, model: str) -> Any:
    import mlflow

    mlflow.set_tracking_uri(store)
    return mlflow.pyfunc.load_model(model)
