"""An evaluation's numbers on the model in MLflow that a version is of, each with its data.

MLflow says a run's numbers of its model as well, but of no data: with them, a model's page and the
comparison of models have a column for each data set.
"""

import mlflow
from mlflow.entities import Metric
from mlflow.entities.model_registry import ModelVersion

from fivenets.core.candidates import Candidate
from fivenets.runs import tracking
from fivenets.runs.report import Report
from fivenets.sources.origin import digest_of

PREFIX = "test/"
# The last ones are of pictures without the subject.
OF_NO_DATA = ("parameters", "others_rejected", "walls_rejected", "two_hands_rejected")


def log(
    client: mlflow.MlflowClient, run_id: str, version: ModelVersion, candidate: Candidate
) -> None:
    """Says the evaluation's numbers of a version's model; a second time changes nothing."""
    model_id = str(version.source).removeprefix("models:/")
    report = Report.of(candidate)
    said = client.get_logged_model(model_id).metrics or []
    known = {(one.key, one.value, one.dataset_digest) for one in said}
    new = []
    for key in tracking.evaluation_numbers(candidate.reports):
        data = data_of(report, key)
        for point in client.get_metric_history(run_id, PREFIX + key)[-1:]:
            if data and (point.key, point.value, data["dataset_digest"]) not in known:
                # A millisecond later than the run's own, which are the model's without data.
                where = (point.timestamp + 1, point.step, model_id)
                new.append(Metric(point.key, point.value, *where, **data, run_id=run_id))
    if new:
        client.log_batch(run_id, metrics=new)


def data_of(report: Report, key: str) -> dict[str, str]:
    """The name and digest of the data set that a number is of, as MLflow's runs have them."""
    origins = report.scored_on(key)
    if not origins or key in OF_NO_DATA:
        return {}
    return {
        "dataset_name": " + ".join(origin.asset for origin in origins),
        "dataset_digest": digest_of(origins)[:36],
    }
