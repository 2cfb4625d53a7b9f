"""What a tab says of its model comes from the registry and the run, and from nowhere else."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from fivenets.core.errors import UserError
from fivenets.demo import about
from fivenets.runs import registry, tracking
from fivenets.sources.origin import Kind, Origin

VIEW = "?workflowType=machine_learning"
SIGNS = Origin("signs", Kind.MIRROR, "a" * 64, "none")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the registry and the store have; a test may take some of it away."""
    version = SimpleNamespace(
        version=2,
        run_id="r1",
        tags={
            "model": "signs-compact",
            "data": "signs (mirror)",
            "metric": "accuracy",
            "limits": "Few pictures.",
        },
    )
    run = SimpleNamespace(
        info=SimpleNamespace(run_id="r1", experiment_id="7"),
        data=SimpleNamespace(params={}, tags={tracking.SOURCES_TAG: json.dumps([SIGNS.record()])}),
    )
    kept = {
        "version": version,
        "run": run,
        "metrics": json.dumps({"accuracy": 0.95, "examples": 120}),
    }
    monkeypatch.setattr(registry, "version_of", lambda model: version)
    monkeypatch.setattr(tracking, "run_with_id", lambda run_id: kept["run"])
    monkeypatch.setattr(tracking, "text_artifact", lambda run_id, path: kept["metrics"])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return kept


def test_it_names_the_version_its_data_its_number_its_limits_and_its_run(kept) -> None:
    assert about.of("signs-cnn") == (
        "**signs-compact** answers: version 2 of signs-cnn, made from signs (mirror). "
        "**Right for 114 of 120 test pictures.** Few pictures. "
        f"[Its run](http://127.0.0.1:5000/#/experiments/7/runs/r1{VIEW}) (while `make ui` runs)."
    )


def test_on_a_server_the_run_is_a_page_of_it(kept, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://bob:secret@mlflow.example.org/")
    assert about.of("signs-cnn").endswith(
        f"[Its run](https://mlflow.example.org/#/experiments/7/runs/r1{VIEW})."
    )


def test_what_was_not_recorded_or_is_gone_is_said(kept) -> None:
    kept["metrics"] = None
    assert "**How good it is was not recorded.**" in about.of("signs-cnn")
    kept["run"] = None
    assert about.of("signs-cnn").endswith("Its run is not in the store any more.")


def test_a_version_that_was_registered_before_there_were_tags_is_still_shown(kept) -> None:
    del kept["version"].tags["metric"], kept["version"].tags["limits"]
    said = about.of("signs-cnn")
    assert said.startswith("**signs-compact** answers: version 2 of signs-cnn")
    assert f"made from signs (mirror). {about.SEE_CARD} [Its run]" in said


def test_without_a_model_that_is_said(monkeypatch) -> None:
    def none(model: str) -> None:
        raise UserError("no model is registered in <here>: run `make` first")

    monkeypatch.setattr(registry, "version_of", none)
    assert about.of("unet") == (
        "**No model answers here yet.** no model is registered in &lt;here&gt;: run `make` first"
    )
