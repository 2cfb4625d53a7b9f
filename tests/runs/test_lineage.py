"""From a registered model back to what made it, whatever its run knows."""

import json
from pathlib import Path

import pytest

from fivenets.core.errors import UserError
from fivenets.runs import git, lineage, tracking
from fivenets.sources.origin import Kind, Origin

CODE = {"git_commit": "c" * 40, "git_dirty": "true"}
DIFF = "--- a/params.yaml\n+++ b/params.yaml\n"
SOURCE = Origin("signs", Kind.MIRROR, "d" * 64, "none")
PARAMETERS = {"epochs": 2, "augmentation": {"shift": 0.1}}
METRICS = {"accuracy": 0.9, "accuracy_low": 0.83, "accuracy_high": 0.94, "auc": 0.8, "auc_sd": 0.1}
LOCK_SHA256 = "66b3f2f36dcae0a5cf7e1b53afcacea5b4752aa30f2a69d7d6d7fc253f9c299f"  # of dvc.lock
WEIGHTS_SHA256 = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"


@pytest.fixture(scope="module")
def digits(project: Path) -> None:
    """A registered model, made of a dirty tree."""
    Path("dvc.lock").write_text("stages: {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git, "state", lambda: CODE)
        patch.setattr(git, "diff", lambda: DIFF)
        model, reports = Path("small.keras"), Path("reports/small")
        with tracking.training("small", PARAMETERS, [SOURCE], Path("small.run.json")) as run:
            model.write_text("weights")
            run.finish(model, [{"epoch": 0, "loss": 1.0, "seconds": 3.0}], reports)
        (reports / "metrics.json").write_text(json.dumps(METRICS))
        client = tracking.connect()
        tracking.log_evaluation(client, run.run_id, reports)
        client.create_registered_model("digits")
        tags = {
            "model": "small",
            "gate": "accuracy >= 0.8",
            "gate_passed": "true",
            "tolerances": '{"accuracy": 0.01}',
        }
        client.create_model_version("digits", str(project), run.run_id, tags)
        client.create_model_version("digits", str(project), "f" * 32)
        client.set_registered_model_alias("digits", "champion", "1")


@pytest.mark.usefixtures("digits")
def test_the_lineage_of_a_version_is_all_that_made_it() -> None:
    found = lineage.of("digits@champion")
    assert found == lineage.of("digits") == lineage.of("digits/1")
    assert found["run"].pop("id")
    assert found["run"].pop("started").startswith("20")
    assert found == {
        "model": "digits",
        "version": "1",
        "aliases": ["champion"],
        "candidate": "small",
        "run": {"status": "FINISHED", "training_seconds": 3.0, "rebuilt": False},
        "code": {
            "commit": "c" * 40,
            "dirty": True,
            "diff": DIFF,
            "dvc_lock_sha256": LOCK_SHA256,
        },
        "data": {
            "source": "signs (mirror)",
            "digest": "d" * 64,
            "sources": [SOURCE.record()],
        },
        "model_sha256": WEIGHTS_SHA256,
        "parameters": {"augmentation.shift": "0.1", "epochs": "2"},
        "metrics": {
            "accuracy": {"value": 0.9, "low": 0.83, "high": 0.94},
            "auc": {"value": 0.8, "sd": 0.1},
        },
        "gate": "accuracy >= 0.8",
        "gate_passed": True,
        "signature": "none",
        "tolerances": {"accuracy": 0.01},
    }


def test_a_spread_belongs_to_its_metric_and_a_name_that_only_ends_like_one_is_a_metric() -> None:
    assert lineage.with_intervals({"a": 1.0, "a_low": 0.5, "so_low": 2.0}) == {
        "a": {"value": 1.0, "low": 0.5},
        "so_low": {"value": 2.0},
    }


@pytest.mark.usefixtures("digits")
def test_the_command_prints_80_columns_that_cut_nothing_short_or_one_json_object(
    fivenets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = fivenets.answered("lineage", "digits")
    assert max(map(len, text.splitlines())) <= 80
    for shown in ("c" * 40, "d" * 64, LOCK_SHA256, "0.830 to 0.940", "± 0.100", "2 lines of diff"):
        assert shown in text
    text = fivenets.answered("lineage", "digits", "--json")
    assert json.loads(text) == lineage.of("digits")


@pytest.mark.usefixtures("digits")
def test_what_an_older_version_does_not_say_is_said_to_be_unknown() -> None:
    client = tracking.connect()
    experiment = client.get_experiment_by_name("fivenets")
    assert experiment is not None
    bare = client.create_run(experiment.experiment_id, tags={"git_dirty": "true"})
    client.log_text(bare.info.run_id, "", tracking.DIFF_ARTIFACT)
    client.create_model_version("digits", "somewhere", bare.info.run_id)
    found = lineage.of("digits/3")
    assert (found["gate_passed"], found["tolerances"], found["code"]["diff"]) == (None, None, None)
    assert lineage.terminal(found)


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("letters", "no model named letters is registered; there are: digits"),
        ("digits@newest", "digits@newest is not registered; aliases of digits: champion"),
        ("digits/9", "digits/9 is not registered; versions of digits: 1, 2"),
        ("digits/2", f"digits/2: its run {'f' * 32} is not in the store any more"),
        ("digits/", "digits/ is not registered; versions of digits: 1, 2"),
    ],
)
def test_what_is_not_there_is_a_sentence(model: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        lineage.of(model)
    assert str(caught.value).startswith(sentence)  # other tests register more versions


def test_no_server_is_a_sentence_and_exit_code_2(fivenets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    sentence = "error: the MLflow store at http://127.0.0.1:9 does not answer\n"
    assert fivenets("lineage", "digits") == (2, "", sentence)
