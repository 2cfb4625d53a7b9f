"""What tests of several folders share."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fivenets import cli
from fivenets.datasets.classification.preparation import prepare
from fivenets.datasets.classification.prepared import DataSettings
from fivenets.datasets.signs import signs_dataset_builder

DRAWN_PER_LABEL = {"train": 4, "validation": 2, "test": 1}  # 24, 12 and 6 pictures


@pytest.fixture(autouse=True, scope="session")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the list of trusted files of whoever runs the tests out of them, and keeps DVC, which
    has pickles there, out of a folder that everybody may write to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("site_cache")))
        yield


@pytest.fixture(autouse=True, scope="module")
def own_surroundings() -> Iterator[None]:
    """Undoes what a file's tests leave: MLflow keeps its store in a variable of the environment."""
    environment, folder = dict(os.environ), Path.cwd()
    yield
    if mlflow := sys.modules.get("mlflow"):
        mlflow.set_tracking_uri(None)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


class Command:
    """The command `fivenets`, run in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self.monkeypatch.setattr("sys.argv", ["fivenets", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = self.capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    def answered(self, *words: object) -> str:
        """Standard output, of a command that ends well."""
        code, printed, said = self(*words)
        assert code == 0, said
        return printed

    def refused(self, *words: object) -> str:
        """The one sentence of a command that prints nothing else and ends with exit code 2."""
        code, printed, said = self(*words)
        assert (code, printed, said.count("\n")) == (2, "", 1), said
        return said


@pytest.fixture
def fivenets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty store: making its tables takes MLflow seconds, so that is done once."""
    from fivenets.runs import tracking

    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{file}")
        tracking.connect()
    return file


@pytest.fixture(scope="session")
def signs_settings() -> DataSettings:
    return DataSettings(
        dataset="signs", image_size=64, validation_fraction=0.2, test_fraction=0.1, split_seed=0
    )


@pytest.fixture(scope="session")
def drawn_signs(tmp_path_factory: pytest.TempPathFactory, signs_settings: DataSettings) -> Path:
    """The folder of prepared built-in signs, fewer than a user gets, to be quick."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signs_dataset_builder, "BUILTIN_PER_LABEL", DRAWN_PER_LABEL)
        prepare(signs_settings, "builtin", folder / "signs", folder / "raw")
    return folder / "signs"
