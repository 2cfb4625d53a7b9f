"""Signatures of registered versions.

The first test needs model-signing, which is not among the pinned packages: `make test` always skips
it. SECURITY.md says how to install the package.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fivenets.core.errors import UserError
from fivenets.runs import registry, signing, tracking


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Iterator[Path]:
    """A folder to work in, with the keys of two people and a version of `digits` in `files`."""
    folder = tmp_path_factory.mktemp("signing")
    (folder / "files" / "code").mkdir(parents=True)
    (folder / "files" / "model.keras").write_text("weights")
    (folder / "files" / "code" / "net.py").write_text("x = 1")
    shutil.copyfile(empty_store, folder / "mlflow.db")
    for name in ("own", "other"):
        key = ec.generate_private_key(ec.SECP256R1())
        own = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        shared = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        secret = key.private_bytes(*own, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(secret)
        (folder / f"{name}.pub").write_bytes(key.public_key().public_bytes(*shared))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        client = tracking.connect()
        experiment = client.create_experiment("any", (folder / "artifacts").as_uri())
        run_id = client.create_run(experiment).info.run_id
        client.create_registered_model("digits")
        client.create_model_version("digits", str(folder / "files"), run_id)
        yield folder


def state(key: str | None = "own.pub") -> str:
    return signing.state(registry.version_of("digits/1"), Path(key) if key else None)


def test_a_signature_holds_until_a_file_changes(project: Path) -> None:
    pytest.importorskip("model_signing")
    assert state() == "none"
    assert signing.sign("digits/1", Path("own.pem")) == "digits, version 1: 2 files signed"
    assert state() == "holds"
    assert state("other.pub").startswith("DOES NOT HOLD")
    assert "--public-key" in state(None)
    (project / "files/code/__pycache__").mkdir()
    (project / "files/code/__pycache__/net.pyc").write_text("left by loading it")
    assert state() == "holds"
    code = project / "files/code/net.py"
    for changed in (code, project / "files/code/more.py"):
        changed.write_text("x = 2")
        assert state().startswith("DOES NOT HOLD")
        changed.unlink()
        code.write_text("x = 1")
    assert state() == "holds"
    (project / "no.pem").write_text("no key")
    with pytest.raises(UserError, match="no private key of an elliptic curve"):
        signing.sign("digits/1", Path("no.pem"))
    with pytest.raises(UserError, match="no public key of an elliptic curve"):
        state("no.pem")
    with pytest.raises(UserError, match="no such key"):
        state("none.pub")


@pytest.mark.usefixtures("project")
def test_a_key_that_is_not_there_is_named_where_nothing_is_signed() -> None:
    with pytest.raises(UserError, match="no such key"):
        signing.state(registry.version_of("digits/1"), Path("none.pub"))


@pytest.mark.usefixtures("project")
def test_without_the_package_a_sentence_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "model_signing", None)
    with pytest.raises(UserError, match="pip install model-signing"):
        signing.sign("digits/1", Path("own.pem"))
