"""Every training tells the store all settings of its data, by which a cut-off run is known."""

import runpy
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fivenets.datasets.classification import prepared
from fivenets.datasets.faces import prepared as faces
from fivenets.datasets.masks import prepared as masks
from fivenets.datasets.objects import prepared as objects
from fivenets.faces import mining, sets
from fivenets.runs import tracking
from fivenets.sources.origin import Origin

PROJECT = Path(__file__).parents[2]
SOURCE = Origin.drawn("a", "d").record()


class OpenedError(Exception):
    """Ends a stage where it opens its run."""


@pytest.mark.parametrize(
    ("name", "module"),
    [("resnet50", prepared), ("yolov2-compact", objects), ("unet", masks), ("facenet-nn4", faces)],
)
def test_the_settings_of_the_data_are_among_the_parameters_of_the_run(
    name: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, opened = [], []

    def load(folder: Path, settings: Any) -> Any:
        loaded.append(settings)
        nobody = np.array([], str)
        data = SimpleNamespace(
            record=SOURCE,
            origins=[Origin.of(SOURCE)],
            settings=settings,
            people=nobody,
            pictures=nobody,
            image_size=0,
        )
        data.at = lambda image_size: data
        return (data, data, SOURCE) if module is faces else data

    def training(name: str, parameters: dict[str, Any], *_: object) -> None:
        opened.append(parameters)
        raise OpenedError

    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(module, "load", load)
    monkeypatch.setattr(tracking, "training", training)
    # Of faces, who may be trained on is a test of its own.
    monkeypatch.setattr(sets, "to_train_on", lambda *_: SimpleNamespace(images=[], labels=[]))
    monkeypatch.setattr(mining, "batches_per_epoch", lambda *_: 1)
    main = runpy.run_path("pipelines/train.py")["main"]
    with pytest.raises(OpenedError):
        main(name)
    assert opened[0]["data"] == asdict(loaded[0])
    assert opened[0]["seed"] == 0
