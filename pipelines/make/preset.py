"""Writes the values of a preset into params.yaml: `preset.py gpu`, and back: `preset.py cpu`.

params.yaml stays all that the graph reads: DVC finds what a preset changes as if it were typed.
"""

from collections.abc import Mapping, MutableMapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from fivenets.core import files, params, stage
from fivenets.core.errors import UserError
from fivenets.schema import rules

PRESETS = Path("presets")


def main(*words: str) -> None:
    known = sorted(file.stem for file in PRESETS.glob("*.yaml"))
    if len(words) != 1 or words[0] not in known:
        raise UserError(f"expected one preset of {', '.join(known)}, received {' '.join(words)!r}")
    preset = PRESETS / f"{words[0]}.yaml"
    values, changed = params.load(file=preset), params.load()
    rules.check(changed)
    replace(changed, values, str(preset))
    rules.check(changed, str(preset))
    yaml = as_written()
    settings = yaml.load(params.PARAMS_FILE)
    replace(settings, values, str(preset))
    written = StringIO()
    yaml.dump(settings, written)
    files.write_text(params.PARAMS_FILE, written.getvalue())


def as_written() -> YAML:
    """A reader and writer that keeps params.yaml as it is: comments, columns, lists set in."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def replace(section: MutableMapping[str, Any], values: Mapping[str, Any], path: str) -> None:
    """Puts `values` in the place of those in `section`, at any depth; `path` stands in errors."""
    if not isinstance(values, Mapping):
        raise UserError(f"{path} should be a section of keys, it is {values!r}")
    for key, value in values.items():
        if key not in section:
            raise UserError(f"{path}: params.yaml has no such value: {key}")
        if isinstance(value, Mapping) and isinstance(section[key], MutableMapping):
            replace(section[key], value, f"{path}: {key}")
        else:
            section[key] = value


if __name__ == "__main__":
    stage.run(main)
