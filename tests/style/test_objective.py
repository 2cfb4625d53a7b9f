"""What a transfer minimises, on numbers worked out by hand."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from fivenets.style import losses, objective
from fivenets.style.objective import Style
from fivenets.style.settings import LossWeights

WEIGHTS = LossWeights(
    content=0.5, style=2.0, variation=0.25, content_layer="a", style_layers={"a": 3.0, "b": 4.0}
)


def test_the_total_weighs_content_each_layer_and_variation() -> None:
    value, parts = objective.total(7.0, {"a": 11.0, "b": 13.0}, 17.0, WEIGHTS)
    assert value == 0.5 * 7 + 2 * (3 * 11 + 4 * 13) + 0.25 * 17
    assert parts == {
        "content_loss": 7,
        "style_loss": 3 * 11 + 4 * 13,
        "variation": 17,
        "style_loss/a": 11,
        "style_loss/b": 13,
    }


@pytest.fixture(scope="module")
def features() -> keras.Model:
    """The picture itself, and its means over 2 x 2 pixels."""
    picture = keras.Input((None, None, 3))
    halved = keras.layers.AveragePooling2D(2)(picture)
    return keras.Model(picture, {"a": keras.layers.ReLU()(picture), "b": halved})


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((4, 6, 3), np.float32)


def test_the_loss_is_of_this_picture_and_of_each_style_by_its_weight(features) -> None:
    content, one, other, image = map(picture, range(4))
    left = np.repeat([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]], 4, axis=0).astype(np.float32)
    styles = [Style(one, 1.0), Style(other, 3.0, left)]
    value, parts = objective.loss(features, content, styles, WEIGHTS)(image[None])
    found = features(image[None])
    expected = {}
    for layer in ("a", "b"):
        mask = left if layer == "a" else np.array([[1, 0.5, 0], [1, 0.5, 0]], np.float32)
        grams = [losses.mean_gram_matrix(features(style.image[None])[layer]) for style in styles]
        everywhere = losses.gram_distance(grams[0], losses.mean_gram_matrix(found[layer]))
        masked = losses.gram_distance(grams[1], losses.mean_gram_matrix(found[layer], mask))
        expected[layer] = 0.25 * float(everywhere) + 0.75 * float(masked)
        assert float(parts[f"style_loss/{layer}"]) == pytest.approx(expected[layer], rel=1e-4)
    content_loss = float(losses.compute_content_cost(content[None], image[None]))
    steps = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    assert float(parts["variation"]) == pytest.approx(steps, rel=1e-5)
    style = 3 * expected["a"] + 4 * expected["b"]
    assert float(value) == pytest.approx(0.5 * content_loss + 2 * style + 0.25 * steps, rel=1e-4)


def test_balanced_weights_say_what_losing_all_costs(features) -> None:
    content, one, other = map(picture, range(3))
    styles = [Style(one, 1.0), Style(other, 3.0)]
    found = objective.balanced(features, content, styles, WEIGHTS)
    unit = 2.0 * (3 + 4)
    for layer, part in WEIGHTS.style_layers.items():
        costs = [
            float(losses.gram_distance(gram[layer], 0 * gram[layer]))
            for gram in (objective.style_grams(features, image, WEIGHTS) for image in (one, other))
        ]
        lost = 0.25 * costs[0] + 0.75 * costs[1]
        assert found.style_layers[layer] * lost == pytest.approx(part, rel=1e-5)
    lost = float(losses.compute_content_cost(content[None], 0 * content[None]))
    assert found.content * lost == pytest.approx(0.5 * unit, rel=1e-5)
    roughness = float(losses.total_variation(content[None]))
    assert found.variation * roughness == pytest.approx(0.25 * unit, rel=1e-5)
    assert found.style == WEIGHTS.style


def test_black_pictures_divide_nothing_by_zero(features) -> None:
    black = np.zeros((4, 6, 3), np.float32)
    found = objective.balanced(features, black, [Style(black)], WEIGHTS)
    assert found.style_layers == {"a": 3 / 1e-6, "b": 4 / 1e-6}
    assert found.content == pytest.approx(0.5 * 14 / 1e-6)
    assert found.variation == pytest.approx(0.25 * 14 / 1e-6)
    large = objective.balanced(features, black, [Style(black)], replace(WEIGHTS, content=1e38))
    assert large.content == 3e38
