"""The Siamese classifier: its features by hand, and that it learns which of them matter."""

import numpy as np
import pytest

from fivenets.faces import siamese
from fivenets.faces.evaluation import siamese_classifier


def test_features_of_a_pair() -> None:
    one, other = np.array([[3.0, -1.0, 0.0]]), np.array([[1.0, 1.0, 0.0]])
    assert siamese.absolute_difference(one, other).tolist() == [[2, 2, 0]]
    assert siamese.chi_square(one, other).tolist() == [[1, 2, 0]]  # 4 / 4, 4 / 2, nothing


@pytest.mark.parametrize("features", siamese.FEATURES)
def test_it_finds_the_dimension_that_tells_people_apart(features: str) -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(list("abcdefghij"), 5)
    # The first number is the person's; the other nine are noise, and larger.
    person = np.repeat(np.linspace(1, 10, 10), 5)[:, None]
    noise = rng.uniform(0, 20, (50, 9))
    embeddings = np.concatenate([person + rng.normal(0, 0.05, (50, 1)), noise], axis=1)
    found = siamese_classifier(embeddings, people, 5, features=features, strength=1.0)
    assert found["auc"] > 0.95
    alone = siamese_classifier(noise, people, 5, features=features, strength=1.0)
    assert alone["auc"] < 0.65


def test_what_is_nearer_than_the_border_is_called_the_same() -> None:
    one = np.array([[0.0], [0.0], [0.0], [0.0]])
    other = np.array([[0.1], [0.2], [0.8], [0.9]])
    is_same = np.array([True, True, False, False])
    classifier = siamese.train(one, other, is_same, features="absolute_difference", strength=100.0)
    log_odds = siamese.distances(classifier, one, other, features="absolute_difference")
    assert (log_odds <= 0).tolist() == is_same.tolist()
    assert log_odds.tolist() == sorted(log_odds)
