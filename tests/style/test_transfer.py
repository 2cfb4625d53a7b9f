"""The picture as the variable: what it becomes, and what is refused."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest

from fivenets.core import free_memory
from fivenets.core.errors import UserError
from fivenets.style import memory, objective, optimisers, pictures, transfer
from fivenets.style.objective import Style
from fivenets.style.settings import Settings
from fivenets.style.transfer import Progress

QUICK = Settings(
    size=64, iterations=12, coarse_scales=0, precision="float32", tolerance=0, content_weight=0.03
)


def made(network, content, styles, settings=QUICK) -> tuple[np.ndarray, list[Progress]]:
    seen: list[Progress] = []
    return transfer.transfer(network, content, styles, settings, seen.append), seen


def test_style_loss_falls_and_the_picture_has_the_contents_aspect(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    picture, seen = made(network, content, [Style(painting)])
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    assert len(seen) == QUICK.iterations
    assert seen[-1].losses["style_loss"] < 0.5 * seen[0].losses["style_loss"]
    _, kept = made(network, content, [Style(painting)], replace(QUICK, colours="histogram"))
    assert kept[0].losses["content_loss"] == pytest.approx(0, abs=1e-6)


def test_a_seed_gives_the_same_picture(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    settings = replace(QUICK, initial="noise", iterations=4)
    one, again = (made(network, content, [Style(painting)], settings)[0] for _ in range(2))
    other, _ = made(network, content, [Style(painting)], replace(settings, seed=1))
    assert (one == again).all()
    assert (one != other).any()


def test_coarse_scales_come_first_and_small_ones_are_left_out(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    settings = replace(QUICK, size=96, iterations=2, coarse_scales=3)
    _, seen = made(network, content, [Style(painting)], settings)
    # 12 and 24 pixels are too few for VGG.
    assert [(now.width, now.height) for now in seen] == [(48, 36)] * 2 + [(96, 72)] * 2
    assert [now.iteration for now in seen] == [0, 1, 2, 3]


def test_a_style_stays_inside_its_mask(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    mask = np.zeros((48, 64), np.float32)
    mask[:, :32] = 1
    settings = replace(
        QUICK, content_weight=0.0, variation_weight=0.0, style_layers={"block1_conv1": 1.0}
    )
    picture, _ = made(network, content, [Style(painting, mask=mask)], settings)
    changed = np.abs(picture.astype(int) - content).max(axis=(0, 2))
    assert changed[:32].max() > 10
    # A convolution sees one pixel beyond the edge.
    assert changed[34:].max() <= 1


def test_two_styles_count_by_their_weights(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    fitted = pictures.resize(content, 48, 64)
    extractor = transfer.features.extractor(network, QUICK.weights.layers)

    def style_loss(*styles: Style) -> float:
        _, prepared = transfer.prepare(fitted, styles, 64, QUICK)
        loss = objective.loss(extractor, fitted, prepared, QUICK.weights)
        return float(loss(fitted[None])[1]["style_loss"])

    stripes, turned = style_loss(Style(painting)), style_loss(Style(painting[..., [1, 0, 2]]))
    both = style_loss(Style(painting, 3.0), Style(painting[..., [1, 0, 2]], 1.0))
    assert stripes != pytest.approx(turned, rel=1e-3)
    assert both == pytest.approx(0.75 * stripes + 0.25 * turned, rel=1e-4)
    everywhere = Style(painting, mask=np.ones((48, 64), np.float32))
    assert style_loss(everywhere) == pytest.approx(stripes, rel=1e-4)


def test_shares_become_factors_of_these_pictures(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    fitted = pictures.resize(content, 48, 64)
    extractor = transfer.features.extractor(network, QUICK.weights.layers)
    _, styles = transfer.prepare(fitted, [Style(painting)], 64, QUICK)
    shares = replace(QUICK, content_weight=0.5, style_weight=2.0, variation_weight=0.25).weights
    factors = objective.balanced(extractor, fitted, styles, shares)
    _, start = objective.loss(extractor, fitted, styles, factors)(fitted[None])
    unit = 2 * sum(shares.style_layers.values())
    assert factors.style == 2
    assert factors.variation * float(start["variation"]) == pytest.approx(0.25 * unit)
    features = np.asarray(extractor(fitted[None])[QUICK.content_layer], float)
    assert factors.content * np.mean(features**2) / 4 == pytest.approx(0.5 * unit, rel=1e-4)


def test_losing_a_layers_style_costs_its_weight(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    fitted = pictures.resize(content, 48, 64)
    extractor = transfer.features.extractor(network, QUICK.weights.layers)
    for styles in ([Style(painting)], [Style(painting, 3.0), Style(content, 1.0)]):
        _, prepared = transfer.prepare(fitted, styles, 64, QUICK)
        factors = objective.balanced(extractor, fitted, prepared, QUICK.weights)
        lost = dict.fromkeys(factors.style_layers, 0.0)
        for style in prepared:
            share = style.weight / sum(style.weight for style in prepared)
            for layer, gram in objective.style_grams(extractor, style.image, factors).items():
                channels = gram.shape[-1]
                lost[layer] += share * float(np.sum(np.square(gram))) / (4 * channels**2)
        for layer, factor in factors.style_layers.items():
            assert factor * lost[layer] == pytest.approx(
                QUICK.weights.style_layers[layer], rel=1e-3
            )


def test_a_finer_scale_starts_with_the_contents_detail(content: np.ndarray) -> None:
    coarse, fine = (pictures.resize(content, *shape) for shape in ((24, 32), (48, 64)))
    assert transfer.refined(coarse, coarse, fine, 1.0) == pytest.approx(fine, abs=1e-6)
    without = transfer.refined(coarse, coarse, fine, 0.0)
    assert transfer.refined(coarse, coarse, fine, 0.5) == pytest.approx((without + fine) / 2)
    # What is as fine as the coarse pixels would come back as blocks of them.
    grain = 0.2 * (np.indices((24, 32)).sum(axis=0) % 2 - 0.5)[..., None].astype(np.float32)
    enlarged = pictures.enlarge(grain + 0 * coarse, 48, 64)
    assert np.abs(enlarged[8:-8, 8:-8]).max() < 0.02


def test_the_content_starts_in_the_colours_of_the_styles(
    content: np.ndarray, painting: np.ndarray
) -> None:
    fitted = pictures.resize(content, 48, 64)
    other = 255 - content
    styles = [Style(painting, 3.0), Style(other, 1.0)]
    _, prepared = transfer.prepare(fitted, styles, 64, QUICK)
    begun = transfer.recoloured(fitted, prepared, QUICK).mean(axis=(0, 1))
    means = [style.image.mean(axis=(0, 1)) for style in prepared]
    assert begun == pytest.approx(0.75 * means[0] + 0.25 * means[1], abs=0.08)
    masked = [replace(prepared[0], mask=np.ones((48, 64), np.float32))]
    kept = replace(QUICK, colours="luminance")
    for same in (
        transfer.recoloured(fitted, masked, QUICK),
        transfer.recoloured(fitted, prepared, kept),
    ):
        assert (same == fitted).all()


def test_luminance_keeps_the_contents_colours(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    def colours(image: np.ndarray) -> np.ndarray:
        return np.asarray(pictures.Image.fromarray(image).convert("YCbCr"))[..., 1:].astype(int)

    content = (100 + content // 5).astype(np.uint8)  # pale: no colour leaves the range
    plain, _ = made(network, content, [Style(painting)])
    kept, _ = made(network, content, [Style(painting)], replace(QUICK, colours="luminance"))
    of_content = colours(content)
    assert np.abs(colours(kept) - of_content).mean() < 3
    assert np.abs(colours(plain) - of_content).mean() > 6


def test_a_histogram_recolours_the_style_and_not_the_content(
    content: np.ndarray, painting: np.ndarray
) -> None:
    fitted = pictures.resize(content, 48, 64)
    settings = replace(QUICK, colours="histogram")
    same, [style] = transfer.prepare(fitted, [Style(painting)], 64, settings)
    assert (same == fitted).all()
    assert style.image.mean(axis=(0, 1)) == pytest.approx(fitted.mean(axis=(0, 1)), abs=0.08)


def test_style_scale_sizes_the_style(content: np.ndarray, painting: np.ndarray) -> None:
    fitted = pictures.resize(content, 48, 64)
    settings = replace(QUICK, style_scale=2.0)
    _, [style] = transfer.prepare(fitted, [Style(painting)], 64, settings)
    assert style.image.shape == (64, 128, 3)


def test_a_blend_starts_between_content_and_noise(content: np.ndarray) -> None:
    fitted = pictures.resize(content, 48, 64)
    noise = transfer.initial(fitted, replace(QUICK, initial="noise"))
    blend = transfer.initial(fitted, replace(QUICK, initial="blend", noise=0.25))
    assert (transfer.initial(fitted, QUICK) == fitted).all()
    assert blend == pytest.approx(0.75 * fitted + 0.25 * noise)


def test_noise_starts_where_a_style_goes(content: np.ndarray, painting: np.ndarray) -> None:
    fitted = pictures.resize(content, 48, 64)
    mask = np.zeros((96, 128), np.float32)
    mask[:, :64] = 1
    masked, everywhere = Style(painting, mask=mask), Style(painting)
    where = transfer.covered([masked], 48, 64)
    noisy = transfer.initial(fitted, replace(QUICK, initial="noise"), where)
    assert (noisy[:, 32:] == fitted[:, 32:]).all()
    assert (noisy[:, :32] != fitted[:, :32]).any()
    assert transfer.covered([masked, everywhere], 48, 64) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"style_weight": 0.0}, "style_weight should be above 0, it is 0.0"),
        ({"content_weight": -1.0}, "content_weight should be at least 0, it is -1.0"),
        ({"content_weight": float("nan")}, "content_weight should be a finite number, it is nan"),
        ({"size": 16}, "size should be at least 32, it is 16"),
        ({"iterations": 0}, "iterations should be at least 1, it is 0"),
        ({"noise": 1.5}, "noise should be at most 1, it is 1.5"),
        ({"initial": "random"}, "initial should be one of content, noise, blend"),
        ({"colours": "sepia"}, "colours should be one of style, luminance, histogram"),
        ({"precision": "float16"}, "precision should be one of float32, bfloat16"),
        (
            {"style_layers": {"block1_conv1": 0.0}},
            "style_layers should be weights with one above 0",
        ),
    ],
)
def test_settings_that_make_no_picture_are_refused(options: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Settings(**options)


def test_styles_that_weigh_nothing_are_refused(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    with pytest.raises(UserError, match=r"weights of the styles .* they are \[0.0\]"):
        made(network, content, [Style(painting, 0.0)])


def test_a_loss_out_of_range_ends_with_a_sentence(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    with pytest.raises(optimisers.DivergedError, match="lower style_weight"):
        made(network, content, [Style(painting)], replace(QUICK, style_weight=3e38))


def test_a_picture_too_large_for_the_memory_is_refused_with_a_size_that_fits(
    network: keras.Model, content: np.ndarray, painting: np.ndarray, monkeypatch
) -> None:
    monkeypatch.setattr(free_memory, "free", lambda: 2 * 2**30)
    with pytest.raises(UserError, match=r"4000x3000 pixels need about .* GiB.* 2.0 GiB") as refused:
        made(network, content, [Style(painting)], replace(QUICK, size=4000))
    size = int(str(refused.value).rpartition(" ")[2])
    assert memory.check("vgg16_hed", size * 3 // 4, size, "float32") <= 2 * 2**30
    with pytest.raises(UserError, match="GiB"):
        memory.check("vgg16_hed", (size + 64) * 3 // 4, size + 64, "float32")


def test_a_style_too_large_for_the_memory_is_refused_with_a_scale_that_fits(
    network: keras.Model, content: np.ndarray, painting: np.ndarray, monkeypatch
) -> None:
    monkeypatch.setattr(free_memory, "free", lambda: 2 * 2**30)
    settings = replace(QUICK, style_scale=1000.0)  # of a content of 64 pixels
    with pytest.raises(
        UserError, match=r"styles at 64000x32000 pixels need about .* GiB.* 2.0 GiB are"
    ) as refused:
        made(network, content, [Style(painting)], settings)
    scale = float(str(refused.value).rpartition("style_scale of at most ")[2])
    assert scale > 1
    for fits, factor in ((True, 1.0), (False, 1.05)):
        within = replace(settings, style_scale=scale * factor)
        shape = transfer.style_shape(Style(painting), settings.size, within)
        assert (memory.estimate_style("vgg16_hed", *shape) <= 2 * 2**30) == fits
    made(network, content, [Style(painting), Style(content, 0.0)], QUICK)


@pytest.mark.parametrize("huge", [{"size": 10**400}, {"style_scale": 1e308}, {"size": 10**9 + 1}])
def test_sizes_without_sense_are_one_sentence(
    network: keras.Model, content: np.ndarray, painting: np.ndarray, huge: dict
) -> None:
    with pytest.raises(UserError, match=r"at most 1,000,000,000 pixels a side|are free: expected"):
        made(network, content, [Style(painting)], replace(QUICK, **huge))


def test_shares_of_styles_are_finite(
    network: keras.Model, content: np.ndarray, painting: np.ndarray
) -> None:
    for weight in (math.inf, math.nan):
        with pytest.raises(UserError, match="weights of the styles should be at least 0"):
            made(network, content, [Style(painting, weight)])


def test_memory_grows_with_the_pixels() -> None:
    small, large = (memory.estimate("vgg19", side, side, "float32") for side in (256, 512))
    assert large - memory.FIXED == pytest.approx(4 * (small - memory.FIXED), rel=0.01)


@pytest.mark.parametrize(
    ("size", "precision", "peak_mib"),
    # By `python benchmarks/style_memory.py`.
    [(400, "bfloat16", 397), (640, "bfloat16", 901), (400, "float32", 445), (640, "float32", 1007)],
)
def test_the_estimate_is_what_was_measured_and_a_little_more(
    size: int, precision: str, peak_mib: int
) -> None:
    estimate = memory.estimate("vgg16_hed", size * 3 // 4, size, precision) / 2**20
    assert 1 <= estimate / peak_mib < 1.1


@pytest.mark.parametrize(
    ("size", "peak_mib"),
    # By `python benchmarks/style_memory.py`, of the larger precision.
    [(640, 526), (1000, 1229)],
)
def test_so_is_that_of_a_style(size: int, peak_mib: int) -> None:
    estimate = memory.estimate_style("vgg16_hed", size * 3 // 4, size) / 2**20
    assert 1 <= estimate / peak_mib < 1.2
