"""A small network with random weights, and pictures."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from fivenets.style import features
from fivenets.style.settings import Settings
from fivenets.style.stylizer import Stylizer

QUICK = Settings(
    size=64, iterations=12, coarse_scales=0, precision="float32", tolerance=0, content_weight=0.03
)


@pytest.fixture(scope="session", autouse=True)
def few_filters() -> Iterator[None]:
    """VGG with 4 to 8 filters a layer in place of 64 to 512."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "FILTERS", (4, 6, 8, 8, 8))
        yield


@pytest.fixture(scope="session")
def network(few_filters: None) -> keras.Model:
    keras.utils.set_random_seed(0)
    return features.vgg("vgg16_hed")


@pytest.fixture
def content() -> np.ndarray:
    """(48, 64, 3) uint8: a bright square before a slope."""
    rows, columns = np.mgrid[0:48, 0:64]
    picture = np.stack([rows * 4, columns * 3, 0 * rows + 90], axis=-1).astype(np.uint8)
    picture[15:30, 20:40] = (240, 220, 40)
    return picture


@pytest.fixture
def painting() -> np.ndarray:
    """(40, 80, 3) uint8: stripes of red and blue."""
    columns = np.mgrid[0:40, 0:80][1]
    red = np.where(columns // 4 % 2, 230, 20)
    return np.stack([red, 0 * red + 40, 250 - red], axis=-1).astype(np.uint8)


@pytest.fixture
def stylizer(network: keras.Model) -> Stylizer:
    return Stylizer(network, QUICK, "vgg16_hed (test)")


@pytest.fixture
def model_file(stylizer: Stylizer, tmp_path: Path) -> Path:
    stylizer.save(tmp_path / "style.keras")
    return tmp_path / "style.keras"
