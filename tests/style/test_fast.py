"""A network that paints in one pass: its training, its file, and what it is asked for."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.fitting import export
from fivenets.fitting.engine import OpenVinoNetwork
from fivenets.sources.origin import Origin
from fivenets.style import (
    evaluation,
    fast_stylizer,
    fast_training,
    features,
    objective,
    photographs,
)
from fivenets.style.fast_stylizer import FastStylizer
from fivenets.style.image_transformer import image_transformer
from fivenets.style.objective import Style
from fivenets.style.photographs import Photographs
from fivenets.style.settings import FastRecipe, FastSettings, Settings

RECIPE = FastRecipe(
    filters=2,
    residual_blocks=1,
    size=64,
    crop=32,
    zoom=1.5,
    epochs=2,
    steps=6,
    batch_size=2,
    learning_rate=0.01,
    warmup_fraction=0.1,
    content_weight=0.03,
    variation_weight=0.004,
    mixed_precision=False,
    seed=0,
)


@pytest.fixture(scope="module")
def transformer() -> keras.Model:
    keras.utils.set_random_seed(0)
    return image_transformer(2, 1)


@pytest.fixture
def model(transformer: keras.Model, tmp_path: Path) -> FastStylizer:
    FastStylizer(transformer, "stripes", FastSettings(size=64), "vgg16_hed (test)", 2).save(
        tmp_path / "fast.keras"
    )
    return FastStylizer.from_file(tmp_path / "fast.keras")


@pytest.fixture
def contents(content: np.ndarray) -> Photographs:
    own = Origin.own("test", "0")
    return Photographs([[content, content[::-1]], [content[:, ::-1]]], content, [own])


def test_any_size_goes_through_and_the_file_gives_the_same(
    transformer: keras.Model, model: FastStylizer
) -> None:
    image = np.random.default_rng(0).random((37, 50, 3)).astype(np.float32)
    painted = model.paint(image)
    assert painted.shape == (37, 50, 3)
    assert 0 <= painted.min() < painted.max() <= 1
    before = FastStylizer(transformer, "stripes", model.settings, model.origin, 2).paint(image)
    assert painted == pytest.approx(before, abs=1e-6)
    assert model.paint(image[:3]).shape == (3, 50, 3)  # thinner than its first layer mirrors
    assert (model.style, model.settings.size, model.origin) == ("stripes", 64, "vgg16_hed (test)")


def test_contrast_of_the_content_is_normalised_away(model: FastStylizer) -> None:
    # Margins are reflected: zeros would differ from both pictures.
    image = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    faint = model.paint(0.5 + 0.2 * (image - 0.5))
    assert np.abs(faint - model.paint(image)).max() < 0.1


def test_the_result_says_what_was_not_computed(model: FastStylizer, content: np.ndarray) -> None:
    result = model.stylize(content, options={"size": 40})
    assert result.image.shape == (30, 40, 3)
    assert (result.iterations, result.content_loss, result.style_loss) == (1, None, None)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"styles": ["wave.jpg"]}, "one style, stripes, .* received a style picture"),
        ({"weights": [1.0]}, "received weights of styles"),
        ({"masks": ["mask.png"]}, "received masks"),
        ({"options": {"iterations": 9, "seed": 1}}, "no option but size, received iterations, se"),
        ({"options": {"size": 31}}, "size should be at least 32, it is 31"),
        ({"options": {"size": "large"}}, "size should be a whole number, it is 'large'"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    model: FastStylizer, content: np.ndarray, asked: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        model.stylize(content, **asked)


def test_a_file_holds_the_one_or_the_other(
    model: FastStylizer, model_file: Path, tmp_path: Path
) -> None:
    assert isinstance(fast_stylizer.load(tmp_path / "fast.keras"), FastStylizer)
    assert fast_stylizer.load(model_file).origin == "vgg16_hed (test)"
    with pytest.raises(UserError, match="no network that has learned a style"):
        FastStylizer.from_file(model_file)


def test_an_export_paints_the_same(
    model: FastStylizer, content: np.ndarray, tmp_path: Path
) -> None:
    export.export(tmp_path / "fast.keras", [content], 1.0, 1e-5)
    exported = fast_stylizer.load(tmp_path / "fast.keras")
    assert isinstance(exported, FastStylizer)
    assert isinstance(exported.network, OpenVinoNetwork)
    assert exported.filters == model.filters == 2
    picture = content[:50, :41] / np.float32(255)  # sides that no multiple of STRIDE has
    np.testing.assert_allclose(exported.paint(picture), model.paint(picture), atol=1e-5)


def test_the_command_needs_no_style(
    model: FastStylizer, content: np.ndarray, tmp_path: Path, monkeypatch, fivenets
) -> None:
    Image.fromarray(content).save(tmp_path / "content.png")
    words = ["stylize", "content.png", "--out", "out.png", "--model", "fast.keras", "--trust"]
    monkeypatch.chdir(tmp_path)
    code, printed, _ = fivenets(*words)
    assert (code, printed.split(":")[0]) == (0, "out.png")
    assert "one pass in" in printed
    assert read_image(tmp_path / "out.png").shape == (48, 64, 3)
    code, _, said = fivenets(*words, "--optimizer", "adam")
    sentence = "expected a content picture and no option but size, received optimizer"
    assert (code, sentence in " ".join(said.split())) == (2, True)


def test_the_loss_is_the_optimisers(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    weights = RECIPE.settings.weights
    extractor = features.extractor(network, weights.layers)
    crops = np.stack([content[:32, :32], content[16:, 32:]]).astype(np.float32) / 255
    made = 1 - crops
    style = painting.astype(np.float32) / 255
    grams = objective.style_grams(extractor, style, weights)
    found = fast_training.StyleLoss(extractor, grams, weights, 2)(crops, made)
    one, other = (
        float(objective.loss(extractor, crop, [Style(style)], weights)(image[None])[0])
        for crop, image in zip(crops, made, strict=True)
    )
    assert float(found) == pytest.approx((one + other) / 2, rel=1e-5)
    assert one != pytest.approx(other, rel=1e-2)


def test_crops_depend_on_seed_and_epoch_alone(contents: Photographs) -> None:
    def epoch(number: int, first: int) -> np.ndarray:
        given = fast_training.batches(contents.sources, RECIPE, first)
        skipped = (number - first) * RECIPE.steps
        taken = itertools.islice(given, skipped, skipped + RECIPE.steps)
        return np.stack([crops for crops, _ in taken])

    crops = epoch(1, 0)
    assert crops.shape == (6, 2, 32, 32, 3)
    assert 0 <= crops.min() < crops.max() <= 1
    assert (crops == epoch(1, 1)).all()
    assert (crops != epoch(2, 1)).any()


def trained(
    network: keras.Model,
    painting: np.ndarray,
    contents: Photographs,
    folder: Path,
    watch: Callable = lambda *_: None,
) -> tuple[keras.Model, list[dict[str, float]]]:
    keras.utils.clear_session()  # layers without a name are counted, from 0 in another process
    return fast_training.train(network, painting, contents, RECIPE, folder, {"digest": "d1"}, watch)


def test_what_is_trained_on_is_part_of_what_a_training_is_known_by(
    transformer: keras.Model, network: keras.Model, painting: np.ndarray, contents: Photographs
) -> None:
    def known_by(**changes: Any) -> str:
        given: dict[str, Any] = {
            "network": transformer,
            "vgg": network,
            "painting_rgb_uint8": painting,
            "photographs": contents,
            "recipe": RECIPE,
            "data": {"plan": {"style": "stripes"}, "digest": "d1"},
        }
        return fast_training.known_by(**given | changes)

    one, other = contents.sources
    changed = [
        {"painting_rgb_uint8": 255 - painting},
        {"photographs": replace(contents, sources=[one])},
        {"photographs": replace(contents, sources=[one[:1], [*one[1:], *other]])},
        {"data": {"plan": {"style": "dots"}, "digest": "d1"}},
        {"data": {"plan": {"style": "stripes"}, "digest": "d2"}},
        {"recipe": replace(RECIPE, crop=64)},
        {"vgg": keras.Sequential([keras.Input((4,))])},
    ]
    assert known_by(photographs=replace(contents, held_out=painting)) == known_by()
    assert len({known_by(), *(known_by(**change) for change in changed)}) == 1 + len(changed)


def test_training_lowers_the_loss(
    network: keras.Model, painting: np.ndarray, contents: Photographs, tmp_path: Path
) -> None:
    seen: list[int] = []
    _, rows = trained(network, painting, contents, tmp_path, lambda epoch, *_: seen.append(epoch))
    assert seen == [0, 1]
    assert rows[1]["loss"] < rows[0]["loss"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"crop": 34}, "crop should be a multiple of 4, it is 34"),
        ({"crop": 16}, "crop should be at least 32, it is 16"),
        ({"zoom": 0.5}, "zoom should be at least 1, it is 0.5"),
        ({"steps": 0}, "steps should be at least 1, it is 0"),
    ],
)
def test_recipes_that_train_nothing_are_refused(values: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        FastRecipe(**{**vars(RECIPE), **values})


def test_photographs_named_alike_in_several_folders_are_all_taken(tmp_path: Path) -> None:
    for index, folder in enumerate(("a", "b/c", "d", "e")):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("RGB", (40, 40), (index, 0, 0)).save(tmp_path / folder / "1.jfif", "JPEG")
    (tmp_path / "Thumbs.db").touch()
    found = photographs.gather(str(tmp_path), "auto", tmp_path)
    assert len(found.sources[0]) == 3
    (tmp_path / "Thumbs.db").unlink()
    again = photographs.gather(str(tmp_path), "auto", tmp_path)
    assert found.origins == again.origins


def test_photographs_of_a_folder(content: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(content).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UserError, match=r"at least two photographs .* it holds 1"):
        photographs.gather(str(tmp_path), "auto", tmp_path)
    Image.fromarray(content[::-1]).save(tmp_path / "b.png")
    found = photographs.gather(str(tmp_path), "auto", tmp_path)
    assert (found.held_out == content).all()
    assert [len(pictures) for pictures in found.sources] == [1]


def test_the_picture_to_watch_is_not_trained_on(tmp_path: Path) -> None:
    found = photographs.gather("auto", "builtin", tmp_path)
    assert [len(pictures) for pictures in found.sources] == [1]
    assert found.sources[0][0].shape == found.held_out.shape == (427, 640, 3)
    assert (found.sources[0][0] != found.held_out).any()


def test_both_are_measured_by_the_same_losses(
    network: keras.Model, model: FastStylizer, content: np.ndarray, painting: np.ndarray
) -> None:
    settings = Settings(size=64, iterations=4, coarse_scales=1, precision="float32")
    one = evaluation.compare(model, network, content, Style(painting), settings)
    fast_numbers, optimiser = one.metrics["fast"], one.metrics["optimiser"]
    assert fast_numbers["content_style_loss"] == optimiser["content_style_loss"]
    for image, numbers in ((one.fast, fast_numbers), (one.optimised, optimiser)):
        again = evaluation.measure(network, content, [Style(painting)], settings, image)
        assert numbers["loss"] == pytest.approx(again["loss"])
    assert optimiser["iterations"] == 4, "a scale of 32 pixels is 24 high, and left out"
    metrics = evaluation.fast_metrics(model, {"one": one})
    assert metrics["style_reduction"] == fast_numbers["style_reduction"]
    assert metrics["parameters"] == model.network.count_params()
