"""What leaves the project answers as it does within, is scored as its task scores, and compared."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from random_weights import random_weights
from small_network import PICTURES, classifier

from fivenets.core import images
from fivenets.core.candidates import Candidate
from fivenets.datasets.faces.prepared import Faces
from fivenets.datasets.masks.prepared import MaskExample
from fivenets.datasets.objects.prepared import ObjectExample
from fivenets.datasets.places.prepared import PlaceExample
from fivenets.detection import compact, darknet, model, precision
from fivenets.detection import scoring as of_boxes
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.drawn.canvas import VOID
from fivenets.exports import classification, detection, faces, localisation, segmentation, style
from fivenets.faces import evaluation
from fivenets.faces.calibration import Calibration, calibration_file
from fivenets.faces.embedder import Embedder
from fivenets.faces.verification import all_pairs
from fivenets.localisation.locator import Locator
from fivenets.segmentation import scoring
from fivenets.segmentation.segmenter import Segmenter
from fivenets.sources.origin import Origin
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.image_transformer import image_transformer
from fivenets.style.photographs import Photographs
from fivenets.style.settings import FastSettings

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, np.uint8)


def faces_of(people: list[str]) -> Faces:
    """A picture of each, those of one person a little more alike."""
    own = {person: noise(20, 20, 3) for person in sorted(set(people))}
    pictures = [own[person] // 2 + noise(20, 20, 3) // 2 for person in people]
    names = np.array([str(number) for number in range(len(people))])
    return Faces(pictures, np.array(people), names, names)


SEEN, SHOWN = faces_of(list("vwxyz")), faces_of(list("aabbccdde"))  # of e there is one


def test_a_classifiers_export_is_scored_and_compared_by_labels_and_rejections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = classifier()
    asked.save(tmp_path / "signs.keras")
    said = [one.label for one in asked.classify(list(PICTURES))]
    labels = np.array([asked.labels.index(label) for label in said])
    labels[:10] = (labels[:10] + 1) % 3  # these it gets wrong
    examples = tf.data.Dataset.from_tensor_slices((PICTURES, labels))
    data = SimpleNamespace(arrays=lambda _: (PICTURES, labels), examples=lambda _: examples)
    shelf = SimpleNamespace(at={16: data}.get)
    monkeypatch.setattr(classification.prepared, "of_section", lambda _: shelf)
    candidate = Candidate("it", "classification", "it", "a", "b")
    found = classification.served(candidate, tmp_path / "signs.keras", 3)
    assert np.array_equal(found.training, PICTURES[:3])
    answers = found.network.predict_on_batch(found.pictures)
    assert found.score(answers) == 0.75
    assert found.apart(answers, answers) == {"same_label": 1, "same_rejection": 1}
    other = {name: values.copy() for name, values in answers.items()}
    other["probabilities"][:4] = np.roll(other["probabilities"][:4], 1, axis=1)
    other["score"][:8] = -21  # the least that is recognised is -20
    assert (answers["score"] >= -20).all()
    assert found.apart(answers, other) == {"same_label": 0.9, "same_rejection": 0.8}


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    """A detector with random weights."""
    cfg = darknet.parse(compact.cfg(32, 64, 2, [(1.0, 2.0)] * 2, 4), "small.cfg")
    header, numbers = random_weights(cfg, 0)
    network = model.build(cfg)
    model.load(network, numbers)
    made = Detector(network, cfg, header, ["x", "y"])
    made.save(tmp_path / "detector.keras")
    return made


def test_a_detectors_scales_are_those_that_it_decodes(detector: Detector) -> None:
    picture = detection.input_of(noise(50, 90, 3), detector)
    found = detection.network(detector.for_inference("float32")).predict_on_batch(picture[None])
    expected = detector.raw(picture[None].astype(np.float32) / 255)
    np.testing.assert_allclose(found["scale_1"], expected[0], atol=1e-4)


def test_a_detectors_export_is_scored_by_the_boxes_that_it_finds(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    height, width, _ = detector.cfg.input_shape
    pictures = [noise(height, width, 3) for _ in range(3)]
    profile = PROFILES["benchmark"]
    seen = [detector.detect_in(picture, profile) for picture in pictures]
    test = []
    for picture, objects in zip(pictures, seen, strict=True):
        known = objects[1:4]  # it is more certain of another one
        corners = np.array([(one.x1, one.y1, one.x2, one.y2) for one in known])
        classes = np.array([detector.labels.index(one.label) for one in known])
        parts = corners / [width, height, width, height]
        test.append(ObjectExample(picture, parts, classes, np.zeros(3, bool)))
    data = SimpleNamespace(test=test, train=test)
    monkeypatch.setattr(detection.prepared, "of_section", lambda _: data)
    candidate = Candidate("it", "detection", "it", "a", "b")
    found = detection.served(candidate, tmp_path / "detector.keras", 2)
    answers = found.network.predict_on_batch(found.pictures)
    truth = of_boxes.truth_of(test)
    objects = of_boxes.as_objects(seen, detector.labels)
    ranked = of_boxes.rankings(truth, objects, detector.labels)
    scored = of_boxes.metrics(truth, objects, ranked)["ap50"]
    assert 0 < scored < 1
    assert found.score(answers) == pytest.approx(scored)
    assert len(found.training) == 2
    alike = found.apart(answers, answers)
    assert alike["keras_boxes"] == alike["export_boxes"]
    assert len(detection.served(candidate, tmp_path / "detector.keras", 0).training) == 0


def test_detectors_are_compared_by_the_boxes_that_both_find() -> None:
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [40, 0, 50, 10]])
    first = precision.detected(boxes, [0, 1, 0], [0.9, 0.8, 0.7])
    moved = boxes + np.array([[1], [0], [9]])  # the second is of another class
    second = precision.detected(moved, [0, 0, 0], [0.9, 0.8, 0.7])
    none = precision.detected([], [], [])
    assert detection.agreement([first, none], [second, first]) == {
        "keras_boxes": 3,
        "export_boxes": 6,
        "same_boxes": pytest.approx(1 / 3),
    }
    assert detection.agreement([none], [none])["same_boxes"] == 0


@pytest.fixture(params=[False, True], ids=["as it is", "with its mirror image"])
def embedder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> Embedder:
    """A face network of 16 by 16 pixels, whose threshold splits the pairs of SHOWN in halves."""
    keras.utils.set_random_seed(0)
    picture = keras.Input((16, 16, 3))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(picture))
    network = keras.Model(picture, layers.UnitNormalization()(layers.Dense(8)(x)))
    file = tmp_path / "face.keras"
    Embedder(network, test_time_mirror=request.param).save(file)
    made = Embedder.from_file(file)
    distances = all_pairs(SHOWN.people[:8], 2).distances(made.embeddings(SHOWN.images))
    threshold = float(np.median(distances))
    digest = made.model_sha256
    Calibration(threshold, 0, 0.1, "x", "x", "x", digest).write(calibration_file(file))
    monkeypatch.setattr(faces.scoring, "photographs", lambda _: (SEEN, SHOWN, {}))
    monkeypatch.setattr(faces.scoring, "load", lambda _: (SEEN, SHOWN, {}))
    return made


def test_a_face_networks_export_embeds_and_is_scored_on_pairs(
    embedder: Embedder, tmp_path: Path
) -> None:
    found = faces.served(Candidate("it", "faces", "it", "a", "b"), tmp_path / "face.keras", 3)
    assert len(found.pictures) == 8
    answers = found.network.predict_on_batch(found.pictures)
    expected = embedder.embeddings(SHOWN.images[:8])
    np.testing.assert_allclose(answers["embedding"], expected, atol=1e-6)
    scored = evaluation.verification(expected, SHOWN.people[:8], 2)
    assert 0 < scored["auc"] < 1
    assert found.score(answers) == pytest.approx(scored["auc"])
    assert np.array_equal(found.training, [images.resize(one, 16) for one in SEEN.images[:3]])
    assert f"at most {found.also['threshold']:.4g} apart" in found.meanings["embedding"]


def test_face_networks_are_compared_by_distances_and_verdicts(
    embedder: Embedder, tmp_path: Path
) -> None:
    found = faces.served(Candidate("it", "faces", "it", "a", "b"), tmp_path / "face.keras", 3)
    answers = found.network.predict_on_batch(found.pictures)
    assert found.apart(answers, answers) == {"max_distance_difference": 0, "same_verdict": 1}
    # Turned or mirrored together, embeddings are as far apart as before; twice as long, twice as
    # far, which is above the threshold for all but the nearest.
    turned = {"embedding": -answers["embedding"]}
    assert found.apart(answers, turned)["same_verdict"] == 1
    distances = all_pairs(SHOWN.people[:8], 2).distances(answers["embedding"])
    changed = (distances <= found.also["threshold"]) & (2 * distances > found.also["threshold"])
    doubled = found.apart(answers, {"embedding": 2 * answers["embedding"]})
    assert doubled["max_distance_difference"] == pytest.approx(distances.max(), rel=1e-5)
    assert doubled["same_verdict"] == pytest.approx(1 - changed.mean())
    assert changed.any()


def test_of_many_faces_whole_people_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "MOST", 3)
    assert faces.some(SHOWN).people.tolist() == ["a", "a", "b", "b"]


@pytest.fixture
def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[MaskExample]:
    """A segmenter of 16 by 24 pixels that tells each pixel's strongest colour, and its test set,
    of whose pixels some are of other classes than it says and some of none."""
    picture = keras.Input((16, 24, 3))
    logits = layers.Conv2D(3, 1, use_bias=False)
    network = keras.Model(picture, logits(picture))
    logits.set_weights([np.eye(3, dtype=np.float32)[None, None]])
    Segmenter(network, ("red", "green", "blue"), 16, 24, 2).save(tmp_path / "colours.keras")
    test = []
    for _ in range(3):
        pixels = noise(4, 6, 3).repeat(8, axis=0).repeat(8, axis=1)
        mask = pixels.argmax(axis=-1).astype(np.uint8)
        mask[:5] = (mask[:5] + 1) % 3
        mask[-5:] = VOID
        test.append(MaskExample(pixels, mask))
    data = SimpleNamespace(test=test, train=test, labels=("red", "green", "blue"))
    monkeypatch.setattr(segmentation.prepared, "of_section", lambda _: data)
    return test


def test_a_segmenters_export_answers_and_is_scored_as_the_segmenter(
    streets: list[MaskExample], tmp_path: Path
) -> None:
    file = tmp_path / "colours.keras"
    found = segmentation.served(Candidate("it", "segmentation", "it", "a", "b"), file, 2)
    answers = found.network.predict_on_batch(found.pictures)
    segmenter = Segmenter.from_file(file)
    confusions = []
    for one, logits in zip(streets, answers["logits"], strict=True):
        mask = segmenter.segment(one.image_rgb_uint8).mask
        assert np.array_equal(segmentation.best_class(logits, *mask.shape), mask)
        confusions.append(scoring.confusion(one.mask, mask, 3))
    scored = scoring.metrics(np.stack(confusions), found.also["labels"])
    assert 0.3 < scored["miou"] < 0.9
    assert found.score(answers) == pytest.approx(scored["miou"])
    assert len(found.training) == 2


def test_segmenters_are_compared_by_the_classes_of_pixels(
    streets: list[MaskExample], tmp_path: Path
) -> None:
    file = tmp_path / "colours.keras"
    found = segmentation.served(Candidate("it", "segmentation", "it", "a", "b"), file, 2)
    answers = found.network.predict_on_batch(found.pictures)
    assert found.apart(answers, answers) == {"same_class": 1}
    other = {"logits": answers["logits"].copy()}
    other["logits"][:, :4] *= -1  # a quarter of the rows: the strongest is now the weakest
    assert found.apart(answers, other) == {"same_class": 0.75}


def test_a_painters_export_paints_what_the_painter_paints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras.utils.set_random_seed(0)
    file = tmp_path / "fast.keras"
    FastStylizer(image_transformer(2, 1), "stripes", FastSettings(size=34), "vgg", 2).save(file)
    sources = [[noise(40, 50, 3) for _ in range(5)], [noise(30, 30, 3) for _ in range(5)]]
    gathered = Photographs(sources, noise(36, 36, 3), [Origin.own("test", "0")])
    plan = SimpleNamespace(photographs="auto")
    monkeypatch.setattr(style.params, "settings", lambda *_: plan)
    monkeypatch.setattr(style.params, "load", lambda *_: "auto")
    monkeypatch.setattr(style.photographs, "gather", lambda *_: gathered)
    found = style.served(Candidate("it", "fast-style", "it"), file, 4)
    assert found.pictures.shape == (style.MOST, 32, 32, 3)  # sides that the network can halve
    assert np.array_equal(found.pictures[0], images.resize(gathered.held_out, 32))
    assert len(found.training) == 4
    answers = found.network.predict_on_batch(found.pictures)
    stylizer = FastStylizer.from_file(file)
    for picture, painted in zip(found.pictures, answers["painted"], strict=True):
        expected = stylizer.paint(picture.astype(np.float32) / 255)
        np.testing.assert_allclose(painted, expected, atol=1e-5)
    assert found.score(answers) == pytest.approx(1)
    lighter = {"painted": answers["painted"] + np.float32(2 / 255)}
    assert found.apart(answers, lighter) == {"mean_difference_levels": pytest.approx(2, abs=1e-3)}
    assert found.score({"painted": answers["painted"][::-1]}) < 0.9


def test_a_locators_export_is_scored_by_what_it_locates(tmp_path: Path, monkeypatch) -> None:
    vector = np.array([3, 0.5, 0.5, 0.4, 0.4, 0], np.float32)
    pictures = keras.Input((32, 32, 3))
    answer = keras.layers.Dense(len(vector), kernel_initializer="zeros", name="answer")
    network = keras.Model(pictures, answer(keras.layers.Flatten()(pictures)))
    answer.bias.assign(vector)
    Locator(network, ["car"], "box").save(tmp_path / "x.keras")
    shown = noise(2, 32, 32, 3)
    test = [
        PlaceExample(shown[0], 0, vector[1:5]),
        PlaceExample(shown[1], -1, np.zeros(4, np.float32)),
    ]
    data = SimpleNamespace(test=test, train=test, form="box", labels=["car"])
    monkeypatch.setattr(localisation.prepared, "of_section", lambda *_: data)
    candidate = Candidate("it", "localisation", "it", "windows", "windows")
    found = localisation.served(candidate, tmp_path / "x.keras", 2)
    answers = found.network.predict_on_batch(found.pictures)
    np.testing.assert_allclose(answers["answer"], [vector] * 2)
    assert found.score(answers) == 0.5  # where nothing is it sees a car
    moved = {"answer": answers["answer"] + np.array([9, 0, 0.1, 0, 0, 9], np.float32)}
    assert found.apart(answers, moved) == {"places_apart": pytest.approx(0.1)}
