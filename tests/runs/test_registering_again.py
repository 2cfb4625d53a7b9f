"""Made again, under a second name, or under a name of somebody else's: who has what afterwards."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import mlflow
import pytest
from mlflow.entities.model_registry import ModelVersion

from fivenets.classification.architectures import build
from fivenets.classification.classifier import Classifier
from fivenets.core.candidates import Candidate
from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.runs import git, lineage, publishing, registry, reproduction, tracking
from fivenets.runs.decision import decide
from fivenets.sources.origin import Kind, Origin

DIRTY, CLEAN, LATER = (
    {"git_commit": letter * 40, "git_dirty": dirty}
    for letter, dirty in (("a", "true"), ("b", "false"), ("c", "true"))
)
SOURCE = Origin("signs", Kind.MIRROR, "d" * 64, "none")
METRICS = {"accuracy": 0.9, "examples": 120, "parameters": 971}
SMALL = Candidate("small", "classification", "digits")
MODEL, REPORTS = SMALL.file, SMALL.reports
pytestmark = pytest.mark.usefixtures("project")


def train(state: dict[str, str], diff: str = "", epochs: int = 1) -> str:
    """What the stages `train` and, the first time, `evaluate` do; returns the id of the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git, "state", lambda: state)
        patch.setattr(git, "diff", lambda: diff)
        with tracking.training("small", {"epochs": epochs}, [SOURCE], Path("run.json")) as run:
            keras.utils.set_random_seed(0)
            Classifier(build("assignment_cnn", 8, 2), ("zero", "one")).save(MODEL)
            run.finish(MODEL, [{"epoch": 0, "loss": 1.0, "seconds": 3.0}], REPORTS)
    if not (REPORTS / "metrics.json").exists():  # DVC does not evaluate the same bytes again
        (REPORTS / "metrics.json").write_text(json.dumps(METRICS))
        tracking.log_evaluation(tracking.connect(), run.run_id, REPORTS)
    return run.run_id


def publish(name: str = "digits") -> dict[str, ModelVersion]:
    """Registers the candidate; returns the versions by their number."""
    candidate = Candidate("small", "classification", name)
    if name != SMALL.registered:  # two names have a candidate that came out the same
        for mine, other in ((candidate.folder, SMALL.folder), (candidate.reports, SMALL.reports)):
            shutil.copytree(other, mine, dirs_exist_ok=True)
    publishing.publish(decide(name, [candidate], metric="accuracy", minimum=0.5))
    found = tracking.connect().search_model_versions(f"name = '{name}'")
    return {str(version.version): version for version in found}


def says(model: str) -> tuple[str, bool, str | None]:
    """Commit, dirty and diff of a version's lineage."""
    code = lineage.of(model)["code"]
    return code["commit"], code["dirty"], code["diff"]


@pytest.fixture(scope="module")
def story(project: Path) -> dict[str, Any]:
    """A model of a dirty tree, the same from a clean commit, and again from a dirty one."""
    runs = [train(DIRTY, "a diff\n")]
    first = publish()
    before = says("digits")
    runs += [train(CLEAN)]
    second = publish()
    record = json.loads((REPORTS / "training.json").read_text())
    runs += [train(LATER, "another diff\n")]
    third = publish()
    return {
        "runs": runs,
        "versions": [first, second, third],
        "before": before,
        "record": record,
    }


def test_a_later_clean_training_of_the_same_bytes_is_what_everything_says(
    story: dict[str, Any],
) -> None:
    assert story["before"] == ("a" * 40, True, "a diff\n")
    assert story["record"]["tags"]["git_commit"] == "b" * 40
    assert says("digits") == says("digits@small") == ("b" * 40, False, None)
    version = registry.version_of("digits")
    assert version.run_id == story["runs"][1]
    assert "commit `bbbbbbbbbbbb`, local changes: false" in str(version.description)
    made = lineage.of("digits")
    assert reproduction._reproducible("digits", made, allow_dirty=False) == ("b" * 40, "small")
    assert made["metrics"]["accuracy"] == {"value": 0.9}
    run_id = tracking.run_of(tracking.connect(), MODEL, REPORTS)
    assert run_id == story["runs"][1]


def test_what_was_said_before_is_kept(story: dict[str, Any]) -> None:
    dirty, clean, _ = story["runs"]
    assert says("digits/1") == ("a" * 40, True, "a diff\n")
    run = tracking.run_with_id(dirty)
    assert run is not None
    assert run.data.tags["superseded_by"] == clean
    assert sha256(registry.model_file("digits/1")) == sha256(MODEL)


def test_a_later_training_with_local_changes_makes_no_clean_run_dirty(
    story: dict[str, Any],
) -> None:
    first, second, third = story["versions"]
    assert [*first] == ["1"]
    assert sorted(second) == sorted(third) == ["1", "2"]
    assert third["2"].description == second["2"].description
    later = tracking.run_with_id(story["runs"][2])
    assert later is None


def test_a_record_that_the_store_was_away_for_supersedes_a_dirty_run(
    story: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another model: training ended without a store, and its run is rebuilt later."""
    client = tracking.connect()
    other, reports = Path("other.keras"), Path("reports/other")
    runs = []
    for state in (DIRTY, CLEAN):
        monkeypatch.setattr(git, "state", lambda state=state: state)
        with tracking.training("other", {"epochs": 1}, [SOURCE], Path("other.json")) as run:
            run.is_connected = state is DIRTY
            other.write_text("weights")
            run.finish(other, [{"epoch": 0, "loss": 1.0, "seconds": 3.0}], reports)
        runs.append(run.run_id)
    rebuilt = tracking.run_of(client, other, reports)
    assert rebuilt not in runs
    assert client.get_run(rebuilt).data.tags["git_commit"] == "b" * 40
    assert client.get_run(runs[0]).data.tags["superseded_by"] == rebuilt
    assert tracking.run_of(client, other, reports) == rebuilt


def test_a_candidate_of_two_names_keeps_the_model_of_each(story: dict[str, Any]) -> None:
    publish("numbers")
    publish("digits")
    publish("numbers")
    for model in ("digits/1", "digits/2", "numbers/1"):
        assert sha256(registry.model_file(model)) == sha256(MODEL), model
        version = registry.version_of(model)
        assert mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").run_id


def test_a_registered_model_of_somebody_elses_is_left_as_it_is(story: dict[str, Any]) -> None:
    client = tracking.connect()
    client.create_registered_model("letters", description="of the other team")
    client.create_model_version("letters", "somewhere", tags={"model": "theirs"})
    client.set_registered_model_alias("letters", "champion", "1")
    with pytest.raises(UserError, match=r"has a registered model letters that this project did no"):
        publish("letters")
    assert len(client.search_model_versions("name = 'letters'")) == 1
    assert client.get_registered_model("letters").aliases == {"champion": 1}
    assert client.get_registered_model("letters").tags == {}
    # As the sentence says, its owner may let us.
    client.set_registered_model_tag("letters", "made_by", "fivenets")
    registry.claim(client, "letters")
