"""params.yaml -> keyword arguments. The signature that takes them is their schema."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivenets.core.errors import UserError

PARAMS_FILE = Path("params.yaml")


def load(*keys: str, file: Path | None = None) -> Any:
    """The value under `keys` in params.yaml, as in load("signs-compact", "train").

    Raises: UserError where the file is missing or not YAML, or has no such key.
    """
    value = _read(PARAMS_FILE if file is None else file)
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping) or key not in value:
            path = ".".join(keys[: depth + 1])
            raise UserError(f"params.yaml has no {path}{_suggestion(key, value)}")
        value = value[key]
    return value


def arguments(function: Callable, *keys: str) -> dict[str, Any]:
    """The section of params.yaml under `keys`, checked to be keyword arguments of `function`."""
    section = load(*keys)
    check_arguments(function, section, f"params.yaml: {'.'.join(keys)}")
    return dict(section)


def check_arguments(function: Callable, section: Any, path: str) -> None:
    """Checks that `section` holds keyword arguments of `function`; `path` names it in errors.

    Raises: UserError naming a key that `function` does not take, one that it needs and the
        section lacks, or one whose value is not of the annotated type (int, float, bool, str).
    """
    if not isinstance(section, Mapping):
        raise UserError(f"{path} should be a section of keys, it is {section!r}")
    accepted = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    for key, value in section.items():
        if key not in accepted:
            raise UserError(f"{path}.{key} is unknown{_suggestion(key, accepted)}")
        _check_type(f"{path}.{key}", value, accepted[key].annotation)
    for name, parameter in accepted.items():
        if parameter.default is parameter.empty and name not in section:
            raise UserError(f"{path}.{name} is missing")


def flatten(section: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested sections as one level of dotted keys, as MLflow shows parameters."""
    flat: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _read(file: Path) -> Any:
    try:
        # YAML 1.2 without round-tripping, as DVC reads it: 1e-3 is a number, `no` is a word.
        return YAML(typ="safe", pure=True).load(file)
    except FileNotFoundError:
        raise UserError(f"{file} not found: run this from the project's top folder") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    except (YAMLError, ValueError) as error:  # ValueError: a date such as 2020-99-99
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise UserError(f"{file} is not valid YAML{place}") from None


def _check_type(path: str, value: Any, annotation: Any) -> None:
    accepted = {int: int, float: (int, float), bool: bool, str: str}.get(annotation)
    is_misused_bool = isinstance(value, bool) and annotation is not bool
    if accepted and (is_misused_bool or not isinstance(value, accepted)):
        raise UserError(f"{path} should be {annotation.__name__}, it is {value!r}")


def _suggestion(key: str, known: object) -> str:
    names = [str(name) for name in known] if isinstance(known, Mapping) else []
    close = difflib.get_close_matches(str(key), names, n=1)
    return f"; did you mean {close[0]}?" if close else f" (known: {', '.join(names) or 'none'})"
