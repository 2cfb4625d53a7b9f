"""A registered model's file, found without MLflow where the store is a database on this machine.

Importing MLflow takes two seconds, and all that an answer needs of it is a row of that database.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from fivenets.core.errors import UserError
from fivenets.core.masking import masked
from fivenets.runs import trust
from fivenets.runs.local import asked, store_uri

Model = TypeVar("Model")

CHAMPION = "champion"
# The database's version of the MLflow that is installed, whose tables are read here; a test fails
# where it is another one. Of a database of any other, MLflow itself is asked.
SCHEMA = "dc11669786a5"
# What registers the models that `make` leaves out.
MADE_BY = {
    "cats-classifier": "make cats",
    "landmarks": "make landmarks",
    "locator": "make locator",
    "own-classifier": "make own",
    "style-fast": "make fast-style",
    "unet-camvid": "make camvid",
}
NAMED = re.compile(r"[^/@]+([/@][^/@]*)?")
REGISTERED = "NAME, NAME@ALIAS or NAME/VERSION"
BY_ALIAS = """
    SELECT versions.storage_location FROM model_versions AS versions
    JOIN registered_model_aliases AS aliases
    USING (workspace, name, version)
    WHERE workspace = 'default' AND name = ? AND alias = ? AND status = 'READY'
    AND current_stage != 'Deleted_Internal'
"""
BY_VERSION = """
    SELECT storage_location FROM model_versions
    WHERE workspace = 'default' AND name = ? AND version = ? AND status = 'READY'
    AND current_stage != 'Deleted_Internal'
"""


def parts(model: str, expected: str = REGISTERED) -> tuple[str, str, str]:
    """NAME, NAME@ALIAS or NAME/VERSION as (name, version, alias), of which one of the last two is
    empty: the champion where neither is given.

    Args: expected: what to ask for in place of anything else.
    Raises: UserError where both are given, or no name, or a file.
    """
    if os.path.isfile(model) or not NAMED.fullmatch(model):
        raise UserError(f"expected {expected}, received {model or repr(model)}")
    name, _, version = model.partition("/")
    name, _, alias = name.partition("@")
    return name, version, CHAMPION if name == model else alias


def none_registered(name: str) -> str:
    """What to do about a store without models, asked for one of this name."""
    store, makes = masked(store_uri()), MADE_BY.get(name, "make")
    return f"no model is registered in {store}: run `{makes}` first, or name a .keras file"


def model_file(name_or_file: str, trusts: bool = False) -> Path:
    """The `.keras` file that a user names: a file, NAME, NAME@ALIAS or NAME/VERSION,
    or a repository of the hub (see `hub`).

    Args: trusts: whether a file is opened as it is, whoever made it; else see `trust`.
    Raises: UserError where there is none; it names the models that there are.
    """
    if name_or_file.startswith("hf://"):
        from fivenets.runs import hub

        found = hub.fetched(name_or_file)
        return found if trusts else trust.opened_as(found)
    if name_or_file.endswith(".keras"):
        if not os.path.isfile(name_or_file):
            raise UserError(f"{name_or_file}: no such model file")
        return Path(name_or_file) if trusts else trust.opened_as(Path(name_or_file))
    found = registered_file(name_or_file)
    if found is not None:
        return found
    from fivenets.runs import registry

    return registry.model_file(name_or_file)


def load(read: Callable[[Path], Model], name_or_file: str, trusts: bool = False) -> Model:
    """What `read` makes of a model's file, see `model_file`.

    Raises: UserError, which calls the model by what the user typed, not by its place in the store.
    """
    file = model_file(name_or_file, trusts)
    try:
        return read(file)
    except UserError as error:
        raise UserError(str(error).replace(str(file), name_or_file)) from None


def registered_file(model: str) -> Path | None:
    """The file of a registered model, read from a database on this machine.

    None: MLflow should be asked, for the file or for what is wrong.
    """
    name, version, alias = parts(model, f"{REGISTERED}, or a .keras file")
    query, key = (BY_ALIAS, alias) if alias else (BY_VERSION, version)
    is_known = asked("SELECT version_num FROM alembic_version") == [(SCHEMA,)]
    if not is_known or os.environ.get("MLFLOW_WORKSPACE"):
        return None
    rows = asked(query, [name, key]) or []
    if len(rows) != 1 or not rows[0][0]:
        return None
    place = urlsplit(rows[0][0])
    folder = Path(unquote(place.path), "artifacts")
    if place.scheme not in ("", "file") or place.netloc:
        return None
    return next(folder.glob("*.keras"), None)
