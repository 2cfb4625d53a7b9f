"""A classifier as it leaves the project: calibrated probabilities out."""

from pathlib import Path

import keras
from keras import ops

from fivenets.classification.classifier import Classifier
from fivenets.core.candidates import Candidate
from fivenets.datasets.classification import prepared
from fivenets.exports.served import Outputs, Served, asked
from fivenets.fitting import model_files

OUTPUT, SCORE = "probabilities", "score"


def served(candidate: Candidate, file: Path, calibrating: int) -> Served:
    """Scored by the accuracy on the test set, all of it: on new people alone it is of 150."""
    classifier = Classifier.from_file(file)
    size = classifier.image_size
    data = prepared.of_section(candidate.scored_on).at(size)
    pictures, labels = data.arrays("test")
    seen = prepared.of_section(candidate.data).at(size).examples("train")
    training = [picture for picture, _ in seen.take(calibrating).as_numpy_iterator()]

    def accuracy(outputs: Outputs) -> float:
        return float((outputs[OUTPUT].argmax(axis=1) == labels).mean())

    least = classifier.calibration.least_score

    def apart(one: Outputs, other: Outputs) -> dict[str, float]:
        same = one[OUTPUT].argmax(axis=1) == other[OUTPUT].argmax(axis=1)
        found = {"same_label": float(same.mean())}
        if least is not None:
            rejected = [outputs[SCORE] < least for outputs in (one, other)]
            found["same_rejection"] = float((rejected[0] == rejected[1]).mean())
        return found

    meanings = {OUTPUT: "the probability of each label, calibrated"}
    if least is not None:
        meanings[SCORE] = f"log-odds of any of the labels; below {least:.4g} none is recognised"
    return Served(
        network=network(model_files.load(file)[0], classifier),
        sides=(size, size),
        preparation=f"RGB, resized to {size} by {size} (Pillow's BILINEAR), the aspect not kept",
        meanings=meanings,
        also={"labels": list(classifier.labels), "subject": classifier.subject},
        pictures=pictures,
        tested_on=str(candidate.scored_on),
        training=training,
        metric="accuracy",
        score=accuracy,
        tolerance=0.01,
        apart=apart,
    )


def network(logits: keras.Model, classifier: Classifier) -> keras.Model:
    """(n, size, size, 3) uint8 -> probabilities and, where the network tells, the score."""
    picture, (found,) = asked(logits, 255, classifier.test_time_mirror)
    known = found[:, : len(classifier.labels)]
    outputs = {OUTPUT: ops.softmax(known / classifier.calibration.temperature)}
    if classifier.calibration.least_score is not None:
        outputs[SCORE] = ops.logsumexp(known, axis=-1) - found[:, len(classifier.labels)]
    return keras.Model(picture, outputs, name=logits.name)
