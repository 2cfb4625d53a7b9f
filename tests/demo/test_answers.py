"""What the page's tabs answer: values of small models, and sentences for what cannot be used."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from random_weights import random_weights

from fivenets.classification import calibration
from fivenets.classification.architectures import build
from fivenets.classification.classifier import Classifier
from fivenets.core.errors import UserError
from fivenets.demo import classification, detection, faces, localisation, segmentation, style, tabs
from fivenets.demo.examples import Examples
from fivenets.detection import darknet, model, weights
from fivenets.detection.detector import Detector
from fivenets.faces.calibration import Calibration
from fivenets.faces.cropping import TEMPLATE_XY
from fivenets.faces.embedder import Embedder
from fivenets.faces.face import Face, Found
from fivenets.localisation.locator import Located
from fivenets.segmentation.segmenter import Segmenter
from fivenets.style import features
from fivenets.style.presets import PRESETS
from fivenets.style.result import Result
from fivenets.style.settings import Settings
from fivenets.style.stylizer import Stylizer

CFG = (
    "[net]\nheight=32\nwidth=32\n[convolutional]\nsize=32\nstride=32\nfilters=14\n"
    "activation=linear\n[region]\nanchors=1,1, 0.5,0.5\nclasses=2\nnum=2\n"
)
GREY = Image.new("RGB", (40, 30), (128, 128, 128))


class MeanColour(keras.layers.Layer):
    """An embedding of three numbers: the mean of each colour, 0..1."""

    def call(self, inputs):
        return keras.ops.mean(keras.ops.cast(inputs, "float32"), axis=(1, 2)) / 255


def picture(red: int) -> Image.Image:
    return Image.new("RGB", (20, 20), (red, 0, 0))


@pytest.fixture
def everything_is_a_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """Embeddings are mean colours, and every picture is a face."""
    image = keras.Input((8, 8, 3))
    embedder = Embedder(keras.Model(image, MeanColour()(image)), "digest")
    monkeypatch.setattr(
        "fivenets.faces.embedder.alignment.find",
        lambda pictures, names, which: [Found(picture, []) for picture in pictures],
    )
    calibration = Calibration(0.25, 0, 0.001, "", "", "", "digest")
    monkeypatch.setattr(faces, "_faces", lambda: (embedder, calibration))


def test_classify_gives_the_probability_of_each_label(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier(build("assignment_cnn", 8, 3), ("zero", "one", "two"))
    monkeypatch.setattr(classification, "_classifier", lambda: classifier)
    found, said, seen = classification.classify(GREY)
    [expected] = classifier.classify([GREY])
    assert found == expected.probabilities
    assert sum(found.values()) == pytest.approx(1)
    assert said.startswith(f"**{expected.label}**, with a probability of 0.")
    assert seen.shape == np.asarray(GREY).shape


def test_what_is_no_sign_has_no_probabilities_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = calibration.Calibration(labels=2, least_score=1e9)
    network = build("assignment_cnn", 8, 3)
    classifier = Classifier(network, ("zero", "one"), strict, "hand sign", "Drawn only.")
    monkeypatch.setattr(classification, "_classifier", lambda: classifier)
    found, said, _ = classification.classify(GREY)
    assert found == {}
    assert said.startswith("**No hand sign seen**: the score is ")
    assert said.endswith(" Drawn only.")


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finds two boxes in any picture: a cat of score 0.9 and, within it, a dog of 0.7."""
    network = darknet.parse(CFG)
    header, numbers = random_weights(network, 0)
    logit = np.log([0.9 / 0.1, 0.7 / 0.3])
    biases = [0, 0, 0, 0, logit[0], 50, -50, 0, 0, 0, 0, logit[1], -50, 50]
    still = weights.Convolution(np.array(biases, "<f4"), np.zeros_like(numbers[0].kernel))
    built = model.build(network)
    model.load(built, [still])
    found = Detector(built, network, header, ["cat", "dog"], "stretch")
    monkeypatch.setitem(detection.DETECTORS, detection.MODEL, lambda: found)


@pytest.mark.usefixtures("detector")
def test_detect_draws_and_lists_the_boxes_of_both_thresholds() -> None:
    # In 40x30 pixels: the whole picture, and half of each side about its middle: IoU 1/4.
    cat, dog = ["cat", 0.9, 0, 0, 40, 30], ["dog", 0.7, 10, 8, 30, 22]
    drawn, rows, caution = detection.detect(GREY, 0.6, 0.5)
    assert caution == ""
    assert rows == [cat, dog]
    assert drawn.size == (40, 30)
    assert np.asarray(drawn)[:, 0].std() > 0
    assert detection.detect(GREY, 0.8, 0.5)[1] == [cat]
    assert detection.detect(GREY, 0.6, 0.2)[1] == [cat]
    undrawn, rows, _ = detection.detect(GREY, 1.0, 0.5)
    assert rows == []
    assert (np.asarray(undrawn) == 128).all()


@pytest.mark.usefixtures("everything_is_a_face")
def test_verify_takes_the_threshold_that_it_is_given() -> None:
    assert faces.threshold() == 0.25
    assert faces.verify(picture(0), picture(51), 0.25) == (
        "**The same person**: distance 0.200, threshold 0.250"
    )
    assert faces.verify(picture(0), picture(51), 0.1).startswith("**Two people**")


@pytest.mark.usefixtures("everything_is_a_face")
def test_a_face_that_is_too_small_is_said() -> None:
    small = picture(0).resize((24, 15))
    said = "15 pixels a side: 20 or more are needed to tell people apart"
    words = faces.verify(picture(0), small, 0.25)
    assert words.endswith(f"1 of 2 faces are small, one has {said}")
    assert faces.identify(small, [(picture(0), None)], 0.25)[1].endswith(f"The face has {said}")
    assert "small" not in faces.verify(picture(0), picture(0), 0.25)


@pytest.mark.usefixtures("everything_is_a_face")
def test_a_threshold_that_is_not_set_yet_is_the_models_own() -> None:
    assert faces.verify(picture(0), picture(51), 0).endswith("threshold 0.250")
    assert "threshold 0.250" in faces.identify(picture(0), [(picture(51), None)], 0)[1]


@pytest.mark.usefixtures("everything_is_a_face")
def test_identify_shows_the_nearest_and_says_whether_it_is_near_enough() -> None:
    known = [(picture(0), "Ada"), (picture(102), None)]
    nearest, words = faces.identify(picture(92), known, 0.25)
    assert nearest is known[1][0]
    assert words.startswith("**picture 2**: nearest is picture 2 at 0.039")
    nearest, words = faces.identify(picture(255), known, 0.25)
    assert words.startswith("**Not recognised**: nearest is picture 2 at 0.600")
    assert faces.identify(picture(5), known, 0.25)[1].startswith("**Ada**")


@pytest.mark.usefixtures("everything_is_a_face")
def test_a_name_is_shown_as_it_is_and_not_as_markdown() -> None:
    known = [(picture(5), "<b>*Ada*</b> [x](y)\n# two")]
    _, words = faces.identify(picture(5), known, 0.25)
    assert words.startswith(r"**\<b\>\*Ada\*\<\/b\> \[x\]\(y\) \# two**: nearest is \<b")


@pytest.fixture
def stylizer(monkeypatch: pytest.MonkeyPatch) -> Stylizer:
    keras.utils.set_random_seed(0)
    settings = Settings(
        precision="float32", content_layer="block1_conv2", style_layers={"block1_conv1": 1.0}
    )
    untrained = Stylizer(features.vgg("vgg16_hed"), settings, "untrained")
    monkeypatch.setattr(style, "_stylizer", lambda: untrained)
    return untrained


def test_stylize_shows_the_picture_while_it_is_painted(stylizer: Stylizer, monkeypatch) -> None:
    seen = threading.Event()
    made = stylizer.stylize

    def slowly(*args, observe, **kwargs):
        def wait(now) -> None:
            observe(now)
            seen.wait(10)  # until the first has been shown, so that it is not passed over

        return made(*args, observe=wait, **kwargs)

    monkeypatch.setattr(stylizer, "stylize", slowly)
    shown = style.stylize(GREY.resize((64, 48)), GREY.resize((80, 64)), 64, 3, 1, "style")
    first, words = next(shown)
    assert first.shape == (48, 64, 3)  # at half the size it would be too small
    assert words.startswith("iteration 1 of at most ")
    seen.set()
    *_, (last, words) = shown
    assert (last.shape, last.dtype) == ((48, 64, 3), np.uint8)
    assert " iterations in " in words


def test_the_fade_goes_from_the_content_to_the_painting() -> None:
    black, white = Image.new("RGB", (80, 60)), np.full((30, 40, 3), 255, np.uint8)
    for share, grey in ((0.0, 0), (0.4, 102), (1.0, 255)):
        between = style.faded(black, white, share)
        assert between.shape == (30, 40, 3)
        assert (between == grey).all()


def test_the_marks_on_the_page_are_the_presets() -> None:
    marks, _ = style.MARKS.split("; ")
    said = {mark.split()[-1]: float(mark.split()[0]) for mark in marks.split(", ")}
    assert said == PRESETS


def layer(width: int, height: int, drawn: tuple[int, int, int, int] | None = None) -> Image.Image:
    """A transparent layer with an opaque box drawn on it, where one is given."""
    image = Image.new("RGBA", (width, height))
    if drawn:
        image.paste((249, 115, 22, 255), drawn)
    return image


def test_a_mask_is_white_where_something_was_drawn_on_any_layer() -> None:
    left, lower = layer(40, 30, (0, 0, 20, 30)), layer(80, 60, (0, 40, 80, 60))
    mask = style.mask_of({"layers": [left, layer(4, 4), lower]}, (60, 80, 3))
    assert mask is not None
    assert (mask.shape, mask.dtype) == ((60, 80, 3), np.uint8)
    assert (mask[:, :38] == 255).all()
    assert (mask[42:] == 255).all()
    assert (mask[:38, 42:] == 0).all()


@pytest.mark.parametrize("where", [None, {}, {"layers": []}, {"layers": [layer(40, 30)]}])
def test_with_nothing_drawn_there_is_no_mask(where: dict | None) -> None:
    assert style.mask_of(where, (30, 40, 3)) is None


def test_a_drawing_is_no_path() -> None:
    with pytest.raises(UserError, match="expected a drawing, received text"):
        style.mask_of({"layers": ["/etc/hostname"]}, (30, 40, 3))


def test_what_is_drawn_on_is_a_small_copy() -> None:
    large = Image.new("RGB", (2048, 1024))
    small = style.canvas(large)
    assert small is not None
    assert (small.size, large.size) == ((512, 256), (2048, 1024))
    assert style.canvas(None) is None


def test_what_is_drawn_is_where_the_style_goes(stylizer: Stylizer, monkeypatch) -> None:
    given: dict = {}

    def paint(content, styles, **options) -> Result:
        given.update(options)
        return Result(np.zeros((30, 40, 3), np.uint8), 1, 1.0, 1.0, 1.0, "")

    monkeypatch.setattr(stylizer, "stylize", paint)
    where = {"layers": [layer(40, 30, (0, 0, 10, 10))]}
    [(image, words)] = style.stylize(GREY, GREY, 64, 5, 1, "style", 0.25, where)
    assert (image.shape, words) == ((30, 40, 3), "1 iterations in 1 s")
    assert given["options"]["strength"] == 0.25
    [mask] = given["masks"]
    assert mask[5, 5].tolist() == [255, 255, 255]
    assert mask[20, 20].tolist() == [0, 0, 0]
    list(style.stylize(GREY, GREY, 64, 5, 1, "style"))
    assert given["masks"] is None


def test_a_stopped_painting_says_so() -> None:
    assert style.stopped("iteration 3 of at most 9") == "Stopped: iteration 3 of at most 9"
    for words in ("", "9 iterations in 3 s", style.stopped("iteration 3")):
        assert style.stopped(words) == words


def test_nobody_watching_ends_the_painting(stylizer: Stylizer, monkeypatch) -> None:
    ended, closed = threading.Event(), threading.Event()

    def paint(content, styles, masks, options, observe) -> None:
        observe(SimpleNamespace(iteration=0, seconds=0, losses={"style_loss": 1}, image=np.ones(3)))
        closed.wait(10)
        with pytest.raises(UserError, match="nobody waits"):
            observe(None)
        ended.set()

    monkeypatch.setattr(stylizer, "stylize", paint)
    shown = style.stylize(GREY, GREY, 64, 5, 1, "style")
    next(shown)
    shown.close()
    closed.set()
    assert ended.wait(10)


def test_a_mistake_in_painting_is_a_sentence(stylizer: Stylizer) -> None:
    for settings, sentence in (
        ((64, 0, 1, "style"), "iterations should be at least 1, it is 0"),
        ((64, 5, 1, "mine"), "colours should be one of"),
        ((64, 5, 1, "style"), "the content picture is 40x30 pixels: expected at least"),
    ):
        with pytest.raises(UserError, match=sentence):
            list(style.stylize(GREY, GREY, *settings))
    with pytest.raises(UserError, match="strength should lie in 0"):
        list(style.stylize(GREY, GREY, 64, 5, 1, "style", strength=2))


def test_segment_draws_the_classes_and_says_their_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = keras.Input((None, None, 3))
    network = keras.Model(pixels, keras.layers.Conv2D(2, 1, dtype="float32")(pixels))
    network.set_weights([np.zeros((1, 1, 3, 2)), np.array([0, 1])])
    found = Segmenter(network, ("sky", "road"), 16, 16, 1, "Drawn only.")
    monkeypatch.setattr(segmentation, "_segmenter", lambda: found)
    drawn, shares, said = segmentation.segment(GREY)
    assert (shares, said) == ({"road": 1.0, "sky": 0.0}, "Drawn only.")
    assert drawn.width >= 40
    assert drawn.height > 30  # the legend
    with pytest.raises(UserError, match="a picture is missing: upload one"):
        segmentation.segment(None)


def test_landmarks_draws_points_on_each_face(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Located(1.0, "face", 1.0, np.array([[10.0, 20.0], [30.0, 20.0]]))
    locator = SimpleNamespace(locate=lambda *_: found, caution="Frontal faces.")
    face = Face(TEMPLATE_XY * 20, 1.0)
    monkeypatch.setattr(localisation, "_locator", lambda: locator)
    monkeypatch.setattr(
        "fivenets.faces.alignment.find_all", lambda image, _: Found(image, [face, face])
    )
    drawn, said = localisation.landmarks(GREY)
    assert said == "2 points on 2 faces. Frontal faces."
    assert np.asarray(drawn)[20, 10].tolist() != [128, 128, 128]


@pytest.mark.usefixtures("everything_is_a_face", "detector")
def test_what_cannot_be_used_is_a_sentence() -> None:
    for ask in (
        lambda given: detection.detect(given, 0.5, 0.5),
        lambda given: faces.verify(GREY, given, 0.5),
        lambda given: faces.identify(given, [(GREY, None)], 0.5),
        lambda given: list(style.stylize(GREY, given, 64, 5, 1, "style")),
    ):
        with pytest.raises(UserError, match="a picture is missing: upload one"):
            ask(None)
        for path in ("/etc/hostname", Path("/etc/hostname")):
            with pytest.raises(UserError, match="expected a picture, received text"):
                ask(path)
    with pytest.raises(UserError, match="first add pictures of known people"):
        faces.identify(GREY, [], 0.5)
    with pytest.raises(UserError, match="of the known people, number 2: the picture is 2x2 pixels"):
        faces.identify(GREY, [(GREY, None), (GREY.resize((2, 2)), None)], 0.5)


def test_a_tab_whose_model_is_not_registered_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    said = tabs.about_model("unet")
    assert said.startswith("**No model answers here yet.** no model is registered in sqlite:///")


def test_examples_are_what_was_fetched_and_a_drawing(tmp_path: Path) -> None:
    (tmp_path / "signs").mkdir()
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / "signs" / name).touch()
    fetched = {"signs/*.jpg": "as in training", "camvid/*.jpg": "never fetched"}
    [one, drawn] = Examples(fetched, "example_sign.png").pictures(tmp_path)
    assert one == (tmp_path / "signs" / "a.jpg", "as in training")
    assert drawn[0].is_file()


@pytest.mark.parametrize(
    "of",
    [
        classification.SIGNS,
        detection.SCENES,
        localisation.FACES,
        segmentation.STREETS,
        faces.FIRST,
        faces.SECOND,
        style.CONTENTS,
        style.STYLES,
    ],
)
def test_a_tab_has_three_to_six_examples(of: Examples, tmp_path: Path) -> None:
    assert 3 <= len(of.fetched) + 1 <= 6
    [(drawn, _)] = of.pictures(tmp_path)
    assert drawn.is_file()


def test_a_model_is_loaded_by_one_thread_and_once() -> None:
    inside, most, loads = [], [], []

    @tabs.Loaded
    def load() -> str:
        inside.append(threading.get_ident())
        time.sleep(0.01)
        most.append(len(inside))
        inside.pop()
        loads.append("load")
        return "model"

    @tabs.Loaded
    def load_other() -> str:
        return load() + " and other"  # of what is loaded already, in one thread

    with ThreadPoolExecutor(4) as pool:
        found = [done.result() for done in [pool.submit(f) for f in 2 * (load, load_other)]]
    assert sorted(found) == 2 * ["model"] + 2 * ["model and other"]
    assert (most, loads) == ([1], ["load"])
