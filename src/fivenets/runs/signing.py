"""Signatures of registered versions, by a user's key and OpenSSF's model-signing.

All files of a version are signed, its code as well; but for what Python and MLflow leave among them
when it is loaded. The package is an extra, which nothing else here needs.
"""

import tempfile
from pathlib import Path
from typing import Any

from mlflow.entities.model_registry import ModelVersion

from fivenets.core.errors import UserError
from fivenets.runs import registry, tracking

FOLDER = "signatures"  # on the run that made the model
LEFT_BY_LOADING = ("__pycache__", "registered_model_meta")


def sign(model: str, key: Path) -> str:
    """Signs a version by a private key (PEM, an elliptic curve of NIST's); its signature is kept
    with the run that made it, in place of one before. Returns what was signed.

    Raises: UserError where the package is missing, or the key is none.
    """
    package, version = _package(), registry.version_of(model)
    if not key.is_file():
        raise UserError(f"{key}: no such key")
    with tempfile.TemporaryDirectory(prefix="fivenets-") as scratch:
        files, signature = registry.files_of(version), Path(scratch, _name(version))
        try:
            signer = package.signing.Config().use_elliptic_key_signer(private_key=key)
        except (ValueError, TypeError, AttributeError) as error:  # of a password, of RSA
            raise UserError(f"{key} is no private key of an elliptic curve: {error}") from None
        signer.set_hashing_config(_hashed(package, files)).sign(files, signature)
        tracking.connect().log_artifact(str(version.run_id), str(signature), FOLDER)
    return f"{version.name}, version {version.version}: {len(_signed(files))} files signed"


def state(version: ModelVersion, key: Path | None) -> str:
    """Whether a version's signature holds by this public key, in a few words."""
    if key and not key.is_file():
        raise UserError(f"{key}: no such key")
    kept = tracking.text_artifact(str(version.run_id), f"{FOLDER}/{_name(version)}")
    if kept is None:
        return "none"
    if key is None:
        return "there is one: --public-key checks it"
    package = _package()
    with tempfile.TemporaryDirectory(prefix="fivenets-") as scratch:
        files, signature = registry.files_of(version), Path(scratch, _name(version))
        signature.write_text(kept)
        try:
            verifier = package.verifying.Config().use_elliptic_key_verifier(public_key=key)
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{key} is no public key of an elliptic curve: {error}") from None
        try:
            verifier.set_hashing_config(_hashed(package, files)).verify(files, signature)
        except Exception as error:  # of its parts, which name no kinds
            why = str(error).strip().partition("\n")[0].partition(": Expected")[0]  # and digests
            return f"DOES NOT HOLD: {why.removeprefix('Signature mismatch: ')}"
    return "holds"


def _package() -> Any:
    try:
        import model_signing  # pyright: ignore[reportMissingImports]  # of nobody's requirements
    except ImportError:
        raise UserError(
            "signatures need the package model-signing: pip freeze --exclude-editable > pins.txt "
            "&& pip install model-signing==1.1.1 pyopenssl --constraint pins.txt"
        ) from None
    return model_signing


def _name(version: ModelVersion) -> str:
    return f"{version.name}-{version.version}.sig"


def _signed(folder: Path) -> list[Path]:
    aside = _aside(folder)
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file for file in files if not aside & {file, *file.parents}]


def _aside(folder: Path) -> set[Path]:
    return {path for name in LEFT_BY_LOADING for path in folder.rglob(name)}


def _hashed(package: Any, folder: Path) -> Any:
    return package.hashing.Config().set_ignored_paths(paths=_aside(folder))
