"""The classifier of pairs: its log-odds and loss by hand, and the same in Keras and in NumPy."""

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.faces import pair_classifier
from fivenets.faces.pair_classifier import PairClassifier
from fivenets.faces.pair_training import PairLogits, PairLoss, classifier_of

EMBEDDINGS = np.array([[0.0, 1.0], [0.0, 0.5], [1.0, -1.0]], np.float32)


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        # |f(a) - f(b)| is (0, 0.5) for the first two, (1, 2) and (1, 1.5) with the third.
        ("absolute_difference", [[3, 2, -4], [2, 3, -3], [-4, -3, 3]]),
        # The squares by the sums: (0, 0.25 / 1.5), (1, 4 / 2) and (1, 2.25 / 1.5).
        ("chi_square", [[3, 3 - 1 / 3, -4], [3 - 1 / 3, 3, -3], [-4, -3, 3]]),
    ],
)
def test_log_odds_by_hand(features: str, expected: list, monkeypatch) -> None:
    layer = PairLogits(features)
    layer.build((None, 2))
    layer.slopes.assign([-3.0, -2.0])
    layer.bias.assign(3.0)
    output = keras.ops.convert_to_numpy(layer(EMBEDDINGS))
    np.testing.assert_allclose(output[:, :2], EMBEDDINGS)
    np.testing.assert_allclose(output[:, 2:], expected, rtol=1e-6)
    monkeypatch.setattr(pair_classifier, "BLOCK", 2)
    first, second = np.indices((3, 3)).reshape(2, -1)
    found = classifier_of(layer).distances(EMBEDDINGS[first], EMBEDDINGS[second])
    np.testing.assert_allclose(-found.reshape(3, 3), expected, rtol=1e-6)


def test_both_kinds_of_pair_weigh_alike_in_the_loss() -> None:
    labels, logits = np.array([0, 0, 1]), np.zeros((3, 3), np.float32)
    output = np.concatenate([EMBEDDINGS, logits], axis=1)
    loss = PairLoss(2)
    assert float(loss(labels, output)) == pytest.approx(np.log(2))
    # One person's pair is sure; both pairs of two stay even: half of the loss is left.
    output[[0, 1], [3, 2]] = 50
    assert float(loss(labels, output)) == pytest.approx(np.log(2) / 2)
    assert float(loss(np.array([0, 1, 2]), output)) == pytest.approx((50 + 2 * np.log(2)) / 6)


def test_a_record_is_read_again_or_refused() -> None:
    made = PairClassifier("chi_square", [1.0, 2.0], -0.5)
    assert PairClassifier.read(made.record()) == made
    assert PairClassifier.read(None) is None
    for wrong in ({}, made.record() | {"features": "cosine"}, made.record() | {"slopes": [1e999]}):
        with pytest.raises(UserError, match="classifier of pairs is not usable"):
            PairClassifier.read(wrong)
