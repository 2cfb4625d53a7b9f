"""The page of results stays one that a telephone can load, with all models of `make`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reported import DECISION, ROW

from fivenets.core.candidates import Candidate
from fivenets.runs import page
from fivenets.sources.origin import Kind, Origin

LARGEST = 3_000_000  # bytes
MODELS, PICTURES = 9, 4  # those of `make`, and how many of each
SIDES = (1400, 1000)  # pixels


def busy_picture(seed: int) -> Image.Image:
    """As many details as pictures of evaluations have, and some more."""
    rng = np.random.default_rng(seed)
    tiles = rng.integers(0, 256, (SIDES[1] // 40, SIDES[0] // 40, 3), np.uint8)
    drawn = Image.fromarray(tiles).resize(SIDES, Image.Resampling.BICUBIC)
    noise = rng.normal(0, 1, (SIDES[1], SIDES[0], 1))
    return Image.fromarray(np.clip(np.asarray(drawn) + noise, 0, 255).astype(np.uint8))


def test_the_page_of_all_models_is_under_three_megabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    origin = Origin("signs", Kind.MIRROR, "d1", "none")
    cards = []
    for model in range(MODELS):
        one = Candidate(f"net{model}", "classification", "nets")
        one.pictures.mkdir(parents=True)
        one.metrics.write_text(json.dumps({"accuracy": 0.975, "examples": 120}))
        record = {"parameters": {}, "sources": [origin.record()], "started": 0, "seconds": 60}
        one.record.write_text(json.dumps(record))
        lines = [f"{epoch},{1 / (1 + epoch)}" for epoch in range(200)]
        one.history.write_text("\n".join(["epoch,loss", *lines]))
        for number in range(PICTURES):
            busy_picture(PICTURES * model + number).save(one.pictures / f"{number}.png")
        row = {**ROW, "model": one.name}
        made = replace(DECISION, candidates={one.name: 0.975}, best=one.name)
        cards.append(page.card(row, made))
    size = len(page.page(cards).encode())
    assert size < LARGEST
    assert size > LARGEST / 3  # else these pictures prove nothing
