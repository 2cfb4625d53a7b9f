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
    "prepare@objects": "data/.objects.preparing/objects",
    "prepare@faces-aligned": "data/.faces-aligned.preparing/faces",
    "prepare@streets": "data/.streets.preparing/masks",
    "train@signs-compact": "checkpoints/signs-compact/state.weights.h5",
    "train@yolov2-compact": "checkpoints/yolov2-compact/state.weights.h5",
    "train@facenet-nn4": "checkpoints/facenet-nn4/state.weights.h5",
    "train@unet": "checkpoints/unet/state.weights.h5",
    "convert@yolov2": "models/yolov2/yolov2/model.keras",
    "convert@facenet-resnet": "models/facenet/facenet-resnet/model.keras",
    "convert@style-transfer": "models/style-transfer/style-transfer/jobs/*/after-*.png",
    "evaluate@signs-compact": "reports/signs-cnn/signs-compact/metrics.json",
    "evaluate@yolov2-compact": "reports/yolov2-compact/yolov2-compact/metrics.json",
    "evaluate@facenet-nn4": "reports/facenet/facenet-nn4/tables/model.calibration.json",
    "evaluate@unet": "reports/unet/unet/tables/confusion.csv",
    "evaluate-converted@yolov2": "reports/yolov2/yolov2/metrics.json",
    "evaluate-converted@style-transfer": "reports/style-transfer/style-transfer/pictures/*.png",
    "register@signs-cnn": REGISTERING,
    "register@yolov2": REGISTERING,
    "register@facenet": REGISTERING,
    "register@style-transfer": REGISTERING,
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
    clone.run("python", "pipelines/make/sync.py")
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
    story.clone.run("python", "pipelines/make/sync.py")
    assert state(story.clone) == story.expected
    assert story.expected["left over"] == []
    # What was killed is not taken for finished, and what was finished is not made again.
    assert Counter(story.stages()) == {
        stage: 2 if stage in MIDDLE else 1
        for stage in story.clone.run("dvc", "stage", "list", "--name-only").split()
    }
