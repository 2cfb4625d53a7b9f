"""A picture in any form gets the same label, with probabilities worked out by hand."""

import io
import math
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from fivenets.classification.calibration import Calibration
from fivenets.classification.classifier import Classifier
from fivenets.classification.grad_cam import grad_cam
from fivenets.core.errors import UserError
from fivenets.fitting import model_files
from fivenets.runs import lookup

MOST = math.e / (math.e + 2)  # softmax of (1, 0, 0), for a picture of one pure colour
LEAST = 1 / (math.e + 2)


def pure(channel: int, height: int = 30, width: int = 40) -> np.ndarray:
    """(height, width, 3) uint8 of red, green or blue."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., channel] = 255
    return picture


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(("channel", "label"), [(0, "red"), (1, "green"), (2, "blue")])
def test_probabilities_of_a_pure_colour(
    channel: int, label: str, colour_classifier: Classifier
) -> None:
    [found] = colour_classifier.classify([pure(channel)])
    assert found.label == label
    assert found.probability == pytest.approx(MOST)
    assert found.probabilities == pytest.approx(
        dict.fromkeys(["red", "green", "blue"], LEAST) | {label: MOST}
    )


def test_every_form_of_a_picture_gets_the_same_answer(
    colour_classifier: Classifier, tmp_path: Path
) -> None:
    array = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    picture = Image.fromarray(array)
    picture.save(tmp_path / "picture.png")
    opaque = np.dstack([array, np.full((30, 40), 255, np.uint8)])
    forms = [
        tmp_path / "picture.png",
        str(tmp_path / "picture.png"),
        png(picture),
        picture,
        picture.convert("RGBA"),
        opaque,
        array,
        array.astype(np.int64),
        array / 255,
    ]
    found = colour_classifier.classify(forms)
    assert len(found) == len(forms)
    assert found == [found[0]] * len(forms)


def test_many_pictures_keep_their_order_and_their_probabilities_add_up_to_one(
    colour_classifier: Classifier,
) -> None:
    order = np.random.default_rng(0).integers(0, 3, 300)  # more than one batch
    found = colour_classifier.probabilities(np.stack([pure(channel, 8, 8) for channel in order]))
    assert (found.argmax(axis=1) == order).all()
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12


@pytest.mark.parametrize(
    "grey",
    [
        np.full((20, 20), 77, np.uint8),
        np.full((20, 20, 1), 77, np.uint8),
        Image.new("L", (20, 20), 77),
        Image.new("I;16", (20, 20), 77 * 257),
        Image.new("LA", (20, 20), (77, 0)),
    ],
    ids=["array", "array with a channel", "8 bit", "16 bit", "transparent"],
)
def test_grey_is_as_much_of_each_colour(grey, colour_classifier: Classifier) -> None:
    [found] = colour_classifier.classify([grey])
    assert list(found.probabilities.values()) == pytest.approx([1 / 3] * 3)


def test_what_shines_through_a_picture_is_white(colour_classifier: Classifier) -> None:
    half_transparent_red = Image.new("RGBA", (20, 20), (255, 0, 0, 128))
    [found] = colour_classifier.classify([half_transparent_red])
    # Over white: (255, 127, 127). softmax of (1, 127/255, 127/255)
    assert found.probability == pytest.approx(math.e / (math.e + 2 * math.exp(127 / 255)), abs=1e-3)


def test_no_pictures_give_no_predictions(colour_classifier: Classifier) -> None:
    assert colour_classifier.classify([]) == []


def test_one_picture_that_cannot_be_used_is_named(colour_classifier: Classifier) -> None:
    with pytest.raises(UserError, match=r"missing\.png: no such file"):
        colour_classifier.classify([pure(0), "missing.png"])


def test_a_saved_classifier_answers_as_before(
    colour_classifier: Classifier, tmp_path: Path
) -> None:
    file = tmp_path / "models" / "colour.keras"
    colour_classifier.save(file)
    loaded = Classifier.from_file(file)
    assert loaded.labels == ("red", "green", "blue")
    pictures = [pure(channel) for channel in range(3)]
    assert loaded.classify(pictures) == colour_classifier.classify(pictures)


@pytest.mark.parametrize("metadata", [{}, {"labels": ["red", "green"]}])
def test_another_model_is_no_classifier(
    colour_classifier, tmp_path: Path, metadata: dict, monkeypatch
) -> None:
    model_files.save(colour_classifier.network, tmp_path / "m.keras", metadata)
    with pytest.raises(UserError, match=r"m\.keras is not a classifier"):
        Classifier.from_file(tmp_path / "m.keras")
    monkeypatch.setattr(lookup, "model_file", lambda *asked: tmp_path / "m.keras")
    with pytest.raises(UserError, match=r"^a-name@champion is not a classifier"):
        lookup.load(Classifier.from_file, "a-name@champion")


def test_what_is_none_of_the_labels_is_rejected_by_the_last_output(
    colour_classifier: Classifier, tmp_path: Path
) -> None:
    """Blue is none of the two labels here: its output is what speaks against both."""
    calibration = Calibration(labels=2, temperature=0.5, least_score=0.2)
    known = (calibration, "warm colour", "Of colours only.")
    Classifier(colour_classifier.network, ["red", "green"], *known).save(tmp_path / "m.keras")
    classifier = Classifier.from_file(tmp_path / "m.keras")
    assert (classifier.subject, classifier.caution) == ("warm colour", "Of colours only.")
    red, green, blue = classifier.classify([pure(channel) for channel in range(3)])
    assert (red.label, red.rejected, green.label, green.rejected) == ("red", False, "green", False)
    assert red.probability == pytest.approx(1 / (1 + math.exp(-1 / 0.5)))
    assert red.score == pytest.approx(math.log(math.e + 1))
    assert blue.rejected
    assert classifier.score_in_words(red) == f"score {red.score:.2f}"
    assert classifier.score_in_words(blue) == f"score {blue.score:.2f} < 0.20"
    assert blue.score == pytest.approx(math.log(2) - 1)


def test_a_mirror_image_is_asked_about_too(tmp_path: Path) -> None:
    """By a network that sees the left half alone: what is there, and what is on the right."""
    left = keras.Sequential(
        [
            keras.Input((2, 2, 3)),
            keras.layers.Cropping2D(((0, 0), (0, 1))),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    Classifier(left, ["red", "green", "blue"], test_time_mirror=True).save(tmp_path / "m.keras")
    picture = np.array([[[100, 20, 0], [0, 60, 10]]] * 2, np.uint8)
    found = Classifier.from_file(tmp_path / "m.keras").logits(picture[None])
    np.testing.assert_allclose(found, [[50, 40, 5]])


def test_what_was_looked_at_is_laid_over_the_picture(colour_classifier: Classifier) -> None:
    """The mean colour's slope is the same everywhere, so that red is seen where red is."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, :8, 0] = 255
    heat = grad_cam(colour_classifier.network, picture[::2, ::2], label=0)
    np.testing.assert_allclose(heat[:, :3], 1)
    np.testing.assert_allclose(heat[:, 5:], 0, atol=1e-6)
    seen = colour_classifier.seen(picture, "red")
    assert seen.shape == picture.shape
    assert seen[:, 0].mean() > seen[:, 15].mean()


def test_a_map_of_few_places_is_not_what_shows_where_a_label_was_seen() -> None:
    """Red pixels speak for the label, by a map of 4x4 places that a map of 2x2 follows."""
    image = keras.Input((16, 16, 3))
    red = keras.layers.Lambda(lambda pixels: pixels[..., :1], output_shape=(16, 16, 1))(image)
    fine = keras.layers.AveragePooling2D(4)(red)
    coarse = keras.layers.AveragePooling2D(2)(fine)
    network = keras.Model(image, keras.layers.GlobalAveragePooling2D()(coarse))
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:4, :4, 0] = 255
    heat = grad_cam(network, picture, label=0)
    assert heat[0, 0] == 1
    np.testing.assert_array_equal(heat[8:, :], 0)
    np.testing.assert_array_equal(heat[:, 8:], 0)


def test_a_network_for_other_than_colours_is_a_sentence(tmp_path: Path) -> None:
    inputs = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(inputs)
    grey = keras.Model(inputs, keras.layers.Dense(2, name="logits")(flat))
    model_files.save(grey, tmp_path / "grey.keras", {"labels": ["a", "b"]})
    with pytest.raises(UserError, match=r"grey\.keras takes \(8, 8, 1\): expected .* 3 colours"):
        Classifier.from_file(tmp_path / "grey.keras")
