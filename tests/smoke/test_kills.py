"""Every stage killed in its middle, one after another, and then `make` again.

On tiny settings, in a clone of the last commit; run by `make faults`. The tests tell one story: the
graph goes on after each kill, and is done as it was without any.
"""

import contextlib
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tiny import CANDIDATES, PROJECT, Clone, start_over, state, tiny_clone

pytestmark = pytest.mark.faults

REGISTERING = "mlartifacts/models/*/artifacts/*"  # logged, and not yet a version
MIDDLE = {  # of a stage: what has just come to stand there
    "prepare@classification": "data/.classification.preparing/signs",
    "train@signs-compact": "checkpoints/signs-compact/state.weights.h5",
    "evaluate@signs-compact": "reports/signs-compact/metrics.json",
    "register@signs-cnn": REGISTERING,
    "prepare-objects@objects": "data/.objects.preparing/objects",
    "train-detector@yolov2-compact": "checkpoints/yolov2-compact/state.weights.h5",
    "score-detector@yolov2-compact": "reports/yolov2-compact/metrics.json",
    "convert": "models/yolov2.keras",
    "evaluate-detector": "reports/yolov2/metrics.json",
    "register-detector@yolov2": REGISTERING,
    "prepare-faces@faces-aligned": "data/.faces-aligned.preparing/faces",
    "train-faces@facenet-nn4": "checkpoints/facenet-nn4/state.weights.h5",
    "convert-faces@facenet-resnet": "models/facenet-resnet.keras",
    "evaluate-faces@facenet-nn4": "models/facenet-nn4.calibration.json",
    "register-faces@facenet": REGISTERING,
    "stylize": "reports/style-transfer/pictures/*/after-*.png",
    "evaluate-style": "reports/style-transfer/metrics.json",
    "register-style": REGISTERING,
    "report": "reports/results.json",
}


@dataclass(frozen=True)
class Story:
    """A clone that is killed again and again, what its state should become, what DVC has said."""

    clone: Clone
    expected: dict[str, Any]
    log: Path

    def stages(self) -> list[str]:
        """Those that DVC has begun, in this order."""
        return re.findall(r"^Running stage '(.*)':$", self.log.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("kills")
    clone = tiny_clone(folder / "clone", CANDIDATES)
    clone.run("dvc", "repro")
    clone.run("python", "pipelines/sync.py")
    expected = state(clone)
    start_over(clone)
    return Story(clone, expected, folder / "log")


def test_every_kind_of_stage_has_a_middle() -> None:
    stages = YAML(typ="safe").load(PROJECT / "dvc.yaml")["stages"]
    assert {stage.partition("@")[0] for stage in MIDDLE} == stages.keys()


@pytest.mark.parametrize("stage", MIDDLE)
def test_a_stage_is_killed_in_its_middle(story: Story, stage: str) -> None:
    since = time.time()
    with (
        story.log.open("a") as log,
        story.clone.in_background("dvc", "repro", stage, stdout=log, stderr=log) as process,
    ):
        while not has_come(story.clone.folder, MIDDLE[stage], since):
            assert process.poll() is None, f"it ended first:\n{story.log.read_text()[-3000:]}"
            time.sleep(0.005)
    assert story.stages()[-1] == stage


def has_come(folder: Path, pattern: str, since: float) -> bool:
    with contextlib.suppress(FileNotFoundError):  # gone between the two looks
        return any(path.stat().st_mtime > since for path in folder.glob(pattern))
    return False


def test_make_then_ends_as_without_kills(story: Story) -> None:
    with story.log.open("a") as log:
        log.write(story.clone.run("dvc", "repro"))
    story.clone.run("python", "pipelines/sync.py")
    assert state(story.clone) == story.expected
    assert story.expected["left over"] == []
    # What was killed is not taken for finished, and what was finished is not made again.
    assert Counter(story.stages()) == {
        stage: 2 if stage in MIDDLE else 1
        for stage in story.clone.run("dvc", "stage", "list", "--name-only").split()
    }
