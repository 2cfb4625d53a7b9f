"""A registered model that is quickly exported."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from small_network import CANDIDATE, served

from fivenets.exports import writing
from fivenets.runs import registry


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A registered model that is small; returns the folder to export to."""
    version = SimpleNamespace(name="signs", version="1", tags={"model": "small"})
    monkeypatch.setattr(registry, "version_of", lambda _: version)
    monkeypatch.setattr(registry, "model_file", lambda _: Path("model.keras"))
    monkeypatch.setattr(writing.candidates, "find", lambda _: CANDIDATE)
    monkeypatch.setattr(writing, "served_by", lambda *_: served())
    return tmp_path / "exports" / "small"
