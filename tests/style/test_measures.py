"""Measures of pictures whose values can be told beforehand, and the network of some of them."""

from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.core.errors import UserError
from fivenets.sources import fetching
from fivenets.sources.origin import Kind
from fivenets.style import measures, squeezenet

RNG = np.random.default_rng(0)
NOISE = RNG.random((128, 128, 3)).astype(np.float32)
STROKES = np.kron(RNG.random((16, 16, 1)), np.ones((8, 8, 3))).astype(np.float32)
GREY = np.full((128, 128, 3), 0.5, np.float32)


@pytest.fixture(scope="module")
def judge() -> keras.Model:
    keras.utils.set_random_seed(0)
    return squeezenet.squeezenet()


def test_flat_patches_and_moire_are_unpainted() -> None:
    half = np.where(np.arange(128)[:, None, None] < 64, STROKES, GREY)
    moire = GREY + 0.4 * (np.indices((128, 128)).sum(axis=0) % 2 - 0.5)[..., None]
    for made, share in ((STROKES, 0.0), (half, 0.5), (GREY, 1.0), (moire.astype(np.float32), 1.0)):
        found = measures.of_content(made, GREY, STROKES)
        assert found["unpainted"] == pytest.approx(share, abs=0.13)  # a row of 8 on the border
        assert found["style_unpainted"] < 0.05


def test_ssim_is_of_light_alone() -> None:
    assert measures.of_content(STROKES, STROKES, STROKES)["ssim"] == pytest.approx(1)
    assert measures.of_content(1 - STROKES, STROKES, STROKES)["ssim"] < 0
    recoloured = STROKES * [0.5, 1, 1] + STROKES * 0.5 * 0.299 / 0.114 * np.array([0, 0, 1])
    recoloured = recoloured.astype(np.float32)
    assert measures.of_content(recoloured, STROKES, STROKES)["ssim"] == pytest.approx(1, abs=1e-3)


def test_blocks_are_in_step_with_their_own_period() -> None:
    grey = NOISE[..., 0]
    blocks = np.kron(grey[:64, :64], np.ones((2, 2)))
    assert measures.grid(grey, 2) < 1.05
    assert measures.grid(blocks, 2) > 1e6, "every second step is nothing"
    raised = grey + np.kron(grey[:16, :16], np.ones((8, 8)))
    assert measures.grid(raised, 8) > 1.2 * measures.grid(grey, 8)
    bars = np.kron(grey[:64], np.ones((2, 1)))
    assert measures.grid(bars, 2) > 1e6, "of rows as well as of columns"


def test_distances_are_none_to_the_same_and_of_scale_one() -> None:
    features = RNG.normal(3, 2, (1, 40, 40, 6))
    assert measures.wasserstein(features, features) == 0
    turned = features[:, ::-1, ::-1]
    assert measures.wasserstein(turned, features) == pytest.approx(0, abs=1e-12)
    # All channels moved by their deviation: along a direction d by |sum of d| of it.
    assert 0.8 < measures.wasserstein(features + 2, features) < 1.2


def test_a_picture_is_judged_by_features_that_made_none_of_it(judge: keras.Model) -> None:
    found = measures.of_features(judge, NOISE, STROKES, NOISE)
    assert found["gram_distance"] == found["wasserstein"] == pytest.approx(0, abs=1e-6)
    assert found["content_gram_distance"] > 0.1
    assert found["content_wasserstein"] > 0.1
    assert measures.of_features(judge, NOISE, NOISE, STROKES)["cosine"] == pytest.approx(1)


def test_several_styles_count_by_their_shares_and_without_a_judge_its_measures_are_left_out(
    judge: keras.Model,
) -> None:
    def of(styles: list[np.ndarray], shares: list[float], by: keras.Model | None) -> dict:
        return measures.of_picture(GREY, STROKES, styles, shares, by)

    one, other = (of([style], [1.0], judge)["wasserstein"] for style in (STROKES, NOISE))
    both = of([STROKES, NOISE], [0.75, 0.25], judge)
    assert both["wasserstein"] == pytest.approx(0.75 * one + 0.25 * other)
    assert both["held_out"] == pytest.approx(1 - both["wasserstein"] / both["content_wasserstein"])
    assert both["even"] == pytest.approx(1 / both["grid_2"]) == pytest.approx(1)  # flat
    without = of([STROKES], [1.0], None)
    assert without["painted"] == 0
    assert not {"held_out", "wasserstein", "cosine"} & without.keys()


def test_squeezenets_weights_are_rgb_and_complete(judge: keras.Model) -> None:
    kernels = {
        f"{layer.name.replace('.', '/')}/{part}": values
        for layer in judge.layers
        for part, values in zip(("kernel", "bias"), layer.get_weights(), strict=False)
    }
    loaded = squeezenet.squeezenet()
    squeezenet.load_weights(loaded, kernels)
    first = loaded.get_layer("conv1").get_weights()[0]
    assert (first == kernels["conv1/kernel"][:, :, ::-1]).all()
    del kernels["fire9/conv3x3_2/bias"]
    with pytest.raises(UserError, match=r"fire9/conv3x3_2 should be \(3, 3, 64, 256\), received"):
        squeezenet.load_weights(loaded, kernels)


def test_where_squeezenet_cannot_be_had_it_is_said(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.delenv(fetching.MIRROR_VARIABLE, raising=False)
    monkeypatch.setitem(fetching.WAYS, Kind.PUBLIC, lambda asset, scratch: False)
    assert squeezenet.network("real", tmp_path) is None
    assert "SqueezeNet is unavailable here" in caplog.text
