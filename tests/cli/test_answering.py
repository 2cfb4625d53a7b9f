"""The commands that answer import neither TensorFlow nor MLflow, and say so where they must."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from fivenets.classification.architectures import build
from fivenets.classification.classifier import Classifier
from fivenets.core.digests import sha256
from fivenets.detection import compact, darknet, model, weights
from fivenets.detection.detector import Detector
from fivenets.faces.calibration import Calibration, calibration_file
from fivenets.faces.embedder import Embedder
from fivenets.fitting import export
from fivenets.localisation.locator import Locator
from fivenets.runs import tracking
from fivenets.segmentation.segmenter import Segmenter
from fivenets.segmentation.unet import unet

HEAVY = {"keras", "tensorflow", "mlflow", "pandas", "sklearn", "tensorflow_datasets", "dvc"}
PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
RUN = f"""
import sys
from fivenets.cli import main
try:
    main()
finally:
    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
"""


def register(folder: Path, name: str, white: float) -> None:
    """The file in `folder` with its export, as a version of `name`."""
    export.export(folder / "artifacts" / "model.keras", [PICTURE], white, 1e-5)
    client = tracking.connect()
    client.create_registered_model(name)
    client.create_model_version(name, str(folder))
    tracking.connect().set_registered_model_alias(name, "champion", "1")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Path:
    """A project whose champions are small and untrained."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "dvc.yaml").touch()
    (folder / "people" / "ann").mkdir(parents=True)
    for place in ("picture.png", "people/ann/one.png"):
        Image.fromarray(PICTURE).save(folder / place)
    keras.utils.set_random_seed(0)
    file = Path("artifacts", "model.keras")
    Classifier(build("assignment_cnn", 8, 3), "abc").save(folder / "signs-cnn" / file)
    cfg = darknet.parse(compact.cfg(64, 96, 2, [(1.0, 2.0)] * 5, 4), "small.cfg")
    header = weights.Header(0, 2, 5, 0)
    Detector(model.build(cfg), cfg, header, ["x", "y"]).save(folder / "yolov2" / file)
    pixels = unet(2, filters=2, depth=1, batch_norm_momentum=0.9)
    Segmenter(pixels, ["sky", "road"], 16, 16, 1).save(folder / "unet" / file)
    points = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1 + 2 * 2 + 1)]
    )
    Locator(points, ["face"], "points").save(folder / "landmarks" / file)
    network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    Embedder(network).save(folder / "facenet" / file)
    digest = sha256(folder / "facenet" / file)
    calibration = Calibration(0.5, 0.1, 0.001, "drawn", "d", "p", digest)
    calibration.write(calibration_file(folder / "facenet" / file))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shutil.copyfile(empty_store, folder / "mlflow.db")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        for name in ("signs-cnn", "yolov2", "facenet", "unet", "landmarks"):
            register(folder / name, name, 1 if name == "yolov2" else 255)
    return folder


def run(project: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", RUN, *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


@pytest.mark.parametrize(
    "words",
    [
        ("classify", "picture.png", "--json"),
        ("detect", "picture.png", "--json", "--score-threshold", "0"),
        ("verify", "picture.png", "picture.png", "--cropped", "--json"),
        ("identify", "picture.png", "--gallery", "people", "--cropped", "--json"),
        ("segment", "picture.png", "--out", "drawn.png", "--json"),
        ("landmarks", "picture.png", "--out", "dots.png", "--cropped", "--json"),
        ("--help",),
    ],
)
def test_nothing_that_takes_seconds_is_imported(project: Path, words: tuple) -> None:
    ended = run(project, *words)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
    assert ended.stderr.splitlines()[-1] == "[]"
    assert "Keras answers" not in ended.stderr


def test_without_its_export_keras_answers_the_same_and_says_so(
    project: Path, tmp_path: Path
) -> None:
    words = ("classify", "picture.png", "--json")
    fast = json.loads(run(project, *words).stdout)
    alone = tmp_path / "model.keras"
    alone.write_bytes((project / "signs-cnn" / "artifacts" / "model.keras").read_bytes())
    ended = run(project, *words, "--model", str(alone))
    assert ended.stderr.splitlines()[0] == (
        "model.keras: Keras answers, which takes seconds to start: "
        "it was not made here, and is rebuilt"
    )
    trusted = run(project, *words, "--model", str(alone), "--trust")
    assert "model.keras: Keras answers" in trusted.stderr
    assert "it has no model.openvino.json beside it" in trusted.stderr
    assert trusted.stdout == ended.stdout
    slow = json.loads(ended.stdout)
    assert slow["label"] == fast["label"]
    assert slow["probabilities"] == pytest.approx(fast["probabilities"], abs=1e-5)
