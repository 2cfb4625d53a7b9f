"""params.yaml -> settings: dataclasses whose fields say what each value may be."""

import dataclasses
import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin

import pydantic
from pydantic import ConfigDict, Field, ValidationError
from pydantic_core import ArgsKwargs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivenets.core.errors import UserError

PARAMS_FILE = Path("params.yaml")
LONGEST_VALUE = 80  # letters of a wrong value that an error shows
EXPECTED = {  # by pydantic's names of what can be wrong
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_too_short": "text of at least one letter",
    "string_pattern_mismatch": "a name without slashes that does not start with a dot",
    "list_type": "a list",
    "dict_type": "a section of keys",
    "dataclass_type": "a section of keys",
    "dataclass_exact_type": "a section of keys",
    "greater_than": "above {gt:.10g}",
    "greater_than_equal": "at least {ge:.10g}",
    "less_than": "below {lt:.10g}",
    "less_than_equal": "at most {le:.10g}",
    "multiple_of": "a multiple of {multiple_of:.10g}",
    "too_short": "at least {min_length} of them",
}

Schema = TypeVar("Schema")

# What most values are; others are built of pydantic's Field where they are used.
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # as NumPy and Keras take them
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class SettingError(UserError):
    """One value is not what its key takes; `key` is dotted, `rest` the sentence after it."""

    def __init__(self, key: str, rest: str):
        super().__init__(f"{key} {rest}")
        self.key, self.rest = key, rest

    def under(self, path: str) -> "SettingError":
        """The same, said of a key in the section `path`."""
        return SettingError(f"{path}.{self.key}", self.rest)


class Misfit(ValueError):  # noqa: N818  # never seen outside: it becomes a SettingError
    """What a validator of `checked` settings raises; an empty `key` is the validator's own."""

    def __init__(self, key: str, expectation: str, value: Any):
        self.key, self.rest = key, f"should be {expectation}, it is {_shown(value)}"
        super().__init__(self.rest)


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,)
)
def checked(schema: type[Schema]) -> type[Schema]:
    """Makes a class a frozen dataclass that refuses what its annotations do not allow.

    Types are strict (true is no number, a word no list) and numbers finite. Making one raises a
    SettingError: one sentence that names the key, what is expected and the value.
    """
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    made: Any = pydantic.dataclasses.dataclass(schema, frozen=True, kw_only=True, config=config)

    def init(self: Any, /, **values: Any) -> None:
        try:
            _fill(self, values)
        except ValidationError as error:
            raise _sentence(error, made) from None

    made.__init__ = init
    return made


class _Nested:
    """Lets a field of settings be given as a mapping; see `Section`."""

    def __get_pydantic_core_schema__(self, schema: Any, handler: Any) -> Any:
        def made(value: Any) -> Any:
            is_given = isinstance(value, Mapping)
            return _fill(object.__new__(schema), value) if is_given else value

        return pydantic.BeforeValidator(made).__get_pydantic_core_schema__(schema, handler)


Section = Annotated[Schema, _Nested()]


def load(*keys: str, file: Path | None = None) -> Any:
    """The value under `keys` in params.yaml, as in load("signs-compact", "train").

    Raises: UserError where the file is missing or not YAML, or has no such key.
    """
    value = _read(PARAMS_FILE if file is None else file)
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping) or key not in value:
            path = ".".join(keys[: depth + 1])
            known = value if isinstance(value, Mapping) else ()
            raise UserError(f"params.yaml has no {path}{suggestion(key, known)}")
        value = value[key]
    return value


def settings(schema: type[Schema], *keys: str) -> Schema:
    """The section of params.yaml under `keys`, as in settings(Recipe, "signs-compact", "train").

    Raises: UserError naming the first key that is unknown, missing, or has another value than
        `schema` allows.
    """
    return read(schema, load(*keys), f"{PARAMS_FILE}: {'.'.join(keys)}")


def read(schema: type[Schema], section: Any, path: str) -> Schema:
    """`section` as the settings `schema`; `path` names it in errors.

    Raises: UserError, as `settings` does.
    """
    if not isinstance(section, Mapping):
        raise SettingError(path, f"should be a section of keys, it is {_shown(section)}")
    try:
        return schema(**{str(key): value for key, value in section.items()})
    except SettingError as error:
        raise error.under(path) from None


def flatten(section: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested sections as one level of dotted keys, as MLflow shows parameters."""
    flat: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def suggestion(key: str, known: Collection[Any]) -> str:
    """What to say after a key that is none of the `known` ones: the closest one, or all."""
    names = [str(name) for name in known]
    close = difflib.get_close_matches(str(key), names, n=1)
    return f"; did you mean {close[0]}?" if close else f" (known: {', '.join(names) or 'none'})"


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


def _fill(empty: Any, values: Mapping[Any, Any]) -> Any:
    """The instance, with the values as its fields.

    Raises: ValidationError, which pydantic makes part of that of the settings around.
    """
    given = ArgsKwargs((), {str(key): value for key, value in values.items()})
    type(empty).__pydantic_validator__.validate_python(given, self_instance=empty)
    return empty


def _sentence(error: ValidationError, schema: Any) -> SettingError:
    """The first thing that is wrong; an unknown key before others, as it explains a missing one."""
    problems = error.errors(include_url=False)
    unknown = (problem for problem in problems if problem["type"] == "unexpected_keyword_argument")
    problem = next(unknown, problems[0])
    kind, place, context = problem["type"], problem["loc"], problem.get("ctx", {})
    choices = context.get("expected", "").replace("'", "").replace(" or ", ", ").split(", ")
    if kind == "unexpected_keyword_argument":
        return SettingError(_dotted(place), _unknown(place[-1], _fields_at(schema, place)))
    if place[-1:] == ("[key]",) and kind == "literal_error":
        return SettingError(_dotted(place[:-1]), _unknown(place[-2], choices))
    if kind == "missing":
        return SettingError(_dotted(place), "is missing")
    if isinstance(cause := context.get("error"), Misfit | SettingError):
        return SettingError(_dotted((*place, cause.key) if cause.key else place), cause.rest)
    if kind == "literal_error":
        expected = f"one of {', '.join(choices)}"
    else:
        expected = EXPECTED.get(kind, problem["msg"]).format(**context)
    return SettingError(_dotted(place), f"should be {expected}, it is {_shown(problem['input'])}")


def _unknown(key: Any, known: Collection[Any]) -> str:
    return f"is unknown{suggestion(str(key), known)}"


def _dotted(place: Sequence[int | str]) -> str:
    """A place as users write it: ("jobs", 0, "name") is jobs[0].name."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(steps).removeprefix(".")


def _fields_at(schema: Any, place: Sequence[int | str]) -> list[str]:
    """The keys of the settings that the last step of `place` was looked for in."""
    for step in place[:-1]:
        inner = get_args(schema)[0] if isinstance(step, int) else _annotation(schema, step)
        schema = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return [field.name for field in dataclasses.fields(schema)]


def _annotation(schema: Any, name: str) -> Any:
    return schema.__pydantic_fields__[name].annotation


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
