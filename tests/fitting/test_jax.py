"""Keras on JAX, in processes of their own: a process has one backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# One training of each task, on a network of a few weights.
TRAININGS = (
    "classification/test_training.py::test_an_easy_task_is_learnt",
    "detection/test_detector_training.py::test_a_training_that_was_cut_off_ends_as_one_that_was_not",
    "faces/test_triplet_training.py::test_a_killed_training_ends_with_the_weights_of_one_that_was_not",
    "faces/test_triplet_training.py::test_pairs_train_a_classifier_that_parts_them[chi_square]",
    "localisation/test_localisation.py::test_a_trained_network_answers_a_user",
    "segmentation/test_segmentation_training.py::test_a_training_that_was_cut_off_ends_as_one_that_was_not",
    "style/test_fast.py::test_training_lowers_the_loss",
    "style/test_transfer.py::test_a_seed_gives_the_same_picture",
)


def on_jax(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.smoke
def test_each_task_trains() -> None:
    # JAX warns of threads wherever a process is forked, as by tf.data here.
    quiet = ["-W", "ignore::pytest.PytestUnraisableExceptionWarning"]
    ids = [f"tests/{name}" for name in TRAININGS]
    assert f"{len(ids)} passed" in on_jax("-m", "pytest", "-m", "", *quiet, *ids)


def test_whatever_is_changed_in_training_is_compiled() -> None:
    code = """
import dataclasses
import keras
from fivenets.fitting import inference
from fivenets.fitting.augmentation import augmentation
from fivenets.fitting.strengths import Strengths

every = Strengths(mirror=True, **{
    field.name: 0.1 for field in dataclasses.fields(Strengths) if field.name != "mirror"
})
network = keras.Sequential([keras.Input((8, 8, 3)), *augmentation(every), keras.layers.Flatten()])
network.compile(loss="mse", jit_compile=inference.jit_compile())
print(len(network.layers), network.jit_compile)
"""
    assert on_jax("-c", code).split() == ["14", "True"]
