"""Pairs of cfg and weights, and a picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from random_weights import random_weights

from fivenets.detection import darknet, weights


@pytest.fixture
def write_pair(tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """Writes a cfg and random weights for it; returns both paths."""

    def write(text: str, seed: int = 0) -> tuple[Path, Path]:
        cfg, numbers = tmp_path / "net.cfg", tmp_path / "net.weights"
        cfg.write_text(text)
        header, found = random_weights(darknet.parse(text), seed)
        numbers.write_bytes(weights.to_bytes(header, found))
        return cfg, numbers

    return write


@pytest.fixture
def photograph() -> np.ndarray:
    """(60, 90, 3) uint8: smooth, with edges, unlike noise."""
    rows, columns = np.mgrid[0:60, 0:90]
    picture = np.stack([rows * 4, columns * 2, (rows + columns) % 40 * 6], axis=-1)
    picture[20:40, 30:60] = (250, 20, 30)
    return picture.astype(np.uint8)
