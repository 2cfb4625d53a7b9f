"""What is asked of a registered model is noted as numbers, and compared with its training."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.digests import sha256
from fivenets.core.errors import UserError
from fivenets.datasets import opening
from fivenets.datasets.opening import record_in
from fivenets.runs import drift, registry, tracking, watching
from fivenets.runs.pyfunc import inputs

PARAMS = Path(__file__).parents[2] / "params.yaml"
PLAIN = np.full((64, 64, 3), 51, np.uint8)


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, empty_store: Path, drawn_signs: Path
) -> Iterator[Path]:
    """A folder to work in: prepared signs, and a version of `signs` that was trained on them."""
    folder = tmp_path_factory.mktemp("watching")
    (folder / "dvc.yaml").touch()
    shutil.copyfile(PARAMS, folder / "params.yaml")
    shutil.copyfile(empty_store, folder / "mlflow.db")
    shutil.copytree(drawn_signs, folder / "data" / "classification")
    (folder / "model.keras").write_text("a network")
    tags = {
        "data": "signs (builtin)",
        tracking.DIGEST_TAG: sha256(folder / "model.keras"),
        tracking.SOURCES_TAG: json.dumps([record_in(drawn_signs)]),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        client = tracking.connect()
        experiment = client.create_experiment("any", (folder / "artifacts").as_uri())
        run_id = client.create_run(experiment, tags=tags).info.run_id
        client.create_registered_model("signs")
        for version, candidate in (("1", "signs-assignment"), ("2", "unet"), ("3", "yolov2")):
            client.create_model_version("signs", str(folder), run_id, {"model": candidate})
            tracking.connect().set_registered_model_alias("signs", candidate, version)
        yield folder


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(watching.VARIABLE, str(tmp_path / "requests.jsonl"))
    return tmp_path / "requests.jsonl"


def ask(project: Path, *pictures: np.ndarray) -> None:
    inputs.read_all(pictures, str(project / "model.keras"))


def test_numbers_of_a_picture() -> None:
    plain = watching.measured(np.full((50, 100, 3), (255, 0, 0), np.uint8))
    expected = {"brightness": 0.299, "contrast": 0, "sharpness": 0, "colour": 1}
    assert plain == {**expected, "side": 50, "aspect": 2}
    board = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    sharp = watching.measured(np.dstack([board] * 3))
    assert sharp["brightness"] == sharp["contrast"] == 0.5
    assert sharp["sharpness"] == 4  # of every pixel, its four neighbours are the other colour


def test_compared_by_hand() -> None:
    trained = {key: [0.0, 1.0] * 50 for key in watching.MEASURES} | {"side": [64.0] * 100}
    asked = {key: [0.0] + [1.0] * 49 for key in watching.MEASURES}
    rows = {row["measure"]: row for row in drift.compared(trained, asked)}
    assert rows["aspect"]["far"] == pytest.approx(0.48)  # 0.5 and 0.02 are 0
    assert rows["aspect"]["drifted"]
    assert rows["side"]["drifted"] is None
    few = {key: values[:30] for key, values in trained.items()}
    assert not any(row["drifted"] for row in drift.compared(trained, few))
    # 0.25 apart, which of 36 pictures and 100 happens by chance.
    other = {key: [0.0] * 9 + [1.0] * 27 for key in watching.MEASURES}
    assert not any(row["drifted"] for row in drift.compared(trained, other))


def test_drift_is_a_warning_with_a_number(fivenets, project: Path, noted: Path) -> None:
    ask(project, *[PLAIN] * 40)
    other = project / "other.keras"
    other.write_text("another network")
    inputs.read_all([PLAIN], str(other))
    with noted.open("a") as stream:
        stream.write('{"time": "2026-')  # where the disk was full
    code, out, said = fivenets("watch", "signs/1", noted, "--out", project / "drift.html")
    assert code == 1
    assert "brightness" in out
    assert "drift over 40 pictures: brightness" in said
    assert "-> 0.2 (KS 1.00)" in said
    assert "left out: 1 lines of another model" in said
    assert "left out: 1 lines unreadable" in said
    assert "sharpness: drift" in (project / "drift.html").read_text()
    experiment = tracking.connect().get_experiment_by_name(drift.EXPERIMENT)
    assert experiment is not None
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert "fivenets watch" in experiment.tags["mlflow.note.content"]
    [run] = tracking.connect().search_runs([experiment.experiment_id])
    assert run.data.metrics["drift/brightness"] == 1
    assert run.data.metrics["pictures"] == 40
    assert "drift/side" not in run.data.metrics  # all were prepared at 64 pixels


def test_the_training_pictures_themselves_have_not_drifted(
    fivenets, project: Path, drawn_signs: Path, noted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(project)
    assert run is not None
    found = drift.trained_on(registry.version_of("signs/1"), run)
    assert len(found["side"]) == 24
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.arange(48) % 24)[:40]
    lines = [{key: found[key][row] for key in found} for row in rows]
    about = {"time": "2026-11-26", "model": sha256(project / "model.keras")}
    noted.write_text("".join(f"{json.dumps(about | line)}\n" for line in lines))
    # The numbers are in the store by now: the data are not needed.
    monkeypatch.chdir(noted.parent)
    code, out, said = fivenets("watch", "signs/1", noted, "--json")
    assert (code, said) == (0, "")
    assert json.loads(out)["drift"] == ""


@pytest.mark.parametrize(
    ("parameters", "split"),
    [
        ({"data.train": "train[:90%]"}, "train[:90%]"),
        ({"train_split": "train+validation"}, "train+validation"),
        ({}, "train"),
    ],
)
def test_what_is_compared_with_is_what_was_trained_on(
    parameters: dict[str, str],
    split: str,
    project: Path,
    drawn_signs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    rows = opening.rows_of

    def rows_of(builder: object, split: str) -> object:
        asked.append(split)
        return rows(builder, split)

    run = run_of(project)
    assert run is not None
    run.data.params.update(parameters)
    monkeypatch.setattr(drift.tracking, "text_artifact", lambda *_: None)
    monkeypatch.setattr(opening, "rows_of", rows_of)
    monkeypatch.setattr(drift.mlflow.MlflowClient, "log_text", lambda *_: None)
    assert drift.trained_on(registry.version_of("signs/1"), run)["side"]
    assert asked == [split]


def run_of(project: Path):
    return tracking.run_with_id(str(registry.version_of("signs/1").run_id))


def test_a_folder_of_pictures(fivenets, project: Path, tmp_path: Path) -> None:
    for index in range(3):
        Image.fromarray(PLAIN).save(tmp_path / f"{index}.png")
    said = fivenets("watch", "signs/1", tmp_path)
    assert (said[0], said[2]) == (
        2,
        f"error: {tmp_path}: 3 pictures say too little: expected at least 30\n",
    )


def test_a_broken_picture_in_a_folder_is_left_out_and_named(
    fivenets, project: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for index in range(30):
        Image.fromarray(PLAIN).save(tmp_path / f"{index}.png")
    (tmp_path / "broken.png").write_text("no picture")
    code, out, _ = fivenets("watch", "signs/1", tmp_path, "--json")
    assert (code, json.loads(out)["asked"]) == (1, 30)
    assert "broken.png is not an image" in caplog.text


@pytest.mark.parametrize(
    ("model", "lines", "sentence"),
    [
        ("signs/1", "", "there is none"),
        ("signs/1", "not JSON\n[1]\n{}\n", "there is none"),
        ("signs/1", '{"time": 1, "model": "a", "brightness": NaN}\n', "there is none"),
        ("signs/1", None, "No such file"),
    ],
)
def test_what_is_no_file_of_requests(
    fivenets, project: Path, tmp_path: Path, model: str, lines: str | None, sentence: str
) -> None:
    file = tmp_path / "requests.jsonl"
    if lines is not None:
        file.write_text(lines)
    code, _, said = fivenets("watch", model, file)
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.usefixtures("noted")
def test_a_model_whose_training_is_not_here(
    project: Path, noted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "text_artifact", lambda *_: None)
    ask(project, *[PLAIN] * 30)
    shutil.copytree(project / "data/classification", project / "data/streets")
    record = record_in(project / "data/streets") | {"digest": "0" * 64}
    (project / "data/streets/source.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="data/streets is not what it was trained on"):
        drift.watch("signs@unet", noted)
    with pytest.raises(UserError, match="was not trained on pictures here"):
        drift.watch("signs@yolov2", noted)


def test_what_cannot_be_noted_costs_no_answer(
    project: Path, noted: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(watching.VARIABLE, str(noted / "no" / "such"))
    ask(project, PLAIN)
    assert "requests are not noted" in caplog.text
