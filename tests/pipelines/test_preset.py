"""A preset puts its values into params.yaml, changes what it names, and can be taken back."""

import runpy
import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo
from test_graph import param_keys

from fivenets.core import params
from fivenets.core.errors import UserError

PROJECT = Path(__file__).parents[2]
PRESETS = {file.stem: file for file in (PROJECT / "presets").glob("*.yaml")}
TRAININGS = {
    "train@signs-assignment",
    "train@signs-compact",
    "train@resnet50",
    "train@yolov2-compact",
    "train@unet",
    "train@facenet-nn4",
}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with params.yaml and presets, to work in."""
    shutil.copyfile(PROJECT / "params.yaml", tmp_path / "params.yaml")
    shutil.copytree(PROJECT / "presets", tmp_path / "presets")
    monkeypatch.chdir(tmp_path)


def apply(*words: str) -> None:
    runpy.run_path(str(PROJECT / "pipelines" / "make" / "preset.py"))["main"](*words)


def leaves(file: Path) -> dict[str, object]:
    return params.flatten(params.load(file=file))


def test_a_preset_names_values_that_there_are_and_all_presets_the_same() -> None:
    assert set(PRESETS) == {"cpu", "gpu"}
    known = leaves(PROJECT / "params.yaml")
    for file in PRESETS.values():
        assert leaves(file).keys() == leaves(PRESETS["cpu"]).keys() <= known.keys()


def test_params_yaml_comes_with_the_preset_of_the_cpu() -> None:
    before = Path("params.yaml").read_bytes()
    apply("cpu")
    assert Path("params.yaml").read_bytes() == before


def test_a_preset_changes_its_values_and_no_others_and_is_taken_back_to_the_byte() -> None:
    before, values = Path("params.yaml").read_bytes(), leaves(Path("params.yaml"))
    apply("gpu")
    assert leaves(Path("params.yaml")) == values | leaves(PRESETS["gpu"])
    apply("cpu")
    assert Path("params.yaml").read_bytes() == before


def test_a_users_own_edit_and_comment_outlast_a_preset() -> None:
    file = Path("params.yaml")
    text = file.read_text().replace("weight_decay: 0.0\n", "weight_decay: 0.02  # mine\n", 1)
    file.write_text(text)
    apply("gpu")
    assert "weight_decay: 0.02  # mine\n" in file.read_text()
    apply("cpu")
    assert file.read_text() == text


def test_dvc_finds_the_trainings_changed_and_nothing_else() -> None:
    before = leaves(Path("params.yaml"))
    apply("gpu")
    after = leaves(Path("params.yaml"))
    changed = {key for key in after if after[key] != before[key]}
    with Repo(str(PROJECT)) as repo:
        read = {stage.name: param_keys(stage) for stage in repo.index.stages}
    concerned = {
        stage
        for stage, keys in read.items()
        if any(f"{leaf}.".startswith(f"{key}.") for leaf in changed for key in keys)
    }
    assert concerned == TRAININGS


@pytest.mark.parametrize("words", [[], ["gpus"], ["../presets/gpu"], ["cpu", "gpu"]])
def test_a_preset_that_there_is_not_is_one_sentence(words: list[str]) -> None:
    before = Path("params.yaml").read_bytes()
    with pytest.raises(UserError, match="expected one preset of cpu, gpu, received "):
        apply(*words)
    assert Path("params.yaml").read_bytes() == before


def test_a_value_that_there_is_not_is_one_sentence_and_nothing_is_written() -> None:
    before = Path("params.yaml").read_bytes()
    Path("presets", "gpu.yaml").write_text("resnet50: {train: {epochs: 9, epoch: 9}}")
    with pytest.raises(UserError, match=r"presets/gpu.yaml: resnet50: train: .* value: epoch$"):
        apply("gpu")
    assert Path("params.yaml").read_bytes() == before


def test_a_broken_params_yaml_is_one_sentence() -> None:
    Path("params.yaml").write_text("a: [")
    with pytest.raises(UserError, match=r"params.yaml is not valid YAML"):
        apply("gpu")


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("resnet50: {train: {epochs: -1}}", "resnet50.train.epochs should be at least 1, it is -1"),
        (
            "resnet50: {train: {epochs: {a: 1}}}",
            r"epochs should be a whole number, it is \{'a': 1\}",
        ),
        ("resnet50: {train: long}", "resnet50.train should be a section of keys, it is 'long'"),
        ("resnet50: 3", "resnet50 should be a section of keys, it is 3"),
        ("[1]", r" should be a section of keys, it is \[1\]"),
    ],
)
def test_a_value_that_cannot_be_is_one_sentence_and_nothing_is_written(
    preset: str, sentence: str
) -> None:
    before = Path("params.yaml").read_bytes()
    Path("presets", "gpu.yaml").write_text(preset)
    with pytest.raises(UserError, match=rf"^presets/gpu.yaml.*{sentence}$"):
        apply("gpu")
    assert Path("params.yaml").read_bytes() == before
