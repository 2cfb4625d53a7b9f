"""The text of a Darknet `.cfg` file -> its sections, each with the line that it stands on.

Read as Darknet reads it (pjreddie/darknet, src/parser.c, read_cfg, and src/option_list.c): blanks
count for nothing, `#` and `;` begin a comment only at the start of a line, names are in small
letters, and of a key that is given twice the first value counts.
"""

import re
from dataclasses import dataclass, field

from fivenets.core.errors import UserError

ALIASES = {"network": "net", "conv": "convolutional", "max": "maxpool", "avg": "avgpool"}
ALIASES |= {"soft": "softmax"}
KINDS = ("net", "convolutional", "maxpool", "avgpool", "route", "reorg", "upsample", "shortcut")
KINDS += ("dropout", "softmax", "cost", "region", "yolo")
BLANKS = str.maketrans("", "", " \t\r")  # str.split() would take a dozen more for blanks
# C's atoi stops where the digits end, so that a comment after a number is none of Darknet's concern
INTEGER = re.compile(r"([+-]?[0-9]+)(?:[#;].*)?")
SHOWN = 60  # characters of a line in a message


@dataclass(frozen=True)
class Section:
    """One `[kind]` of a cfg and the lines below it."""

    cfg: str
    kind: str
    line: int
    options: dict[str, str]
    lines: dict[str, int] = field(default_factory=dict)  # of each option
    # A sentence for each value that does not count.
    ignored: list[str] = field(default_factory=list)

    def integer(self, key: str, default: int, at_least: int = 0) -> int:
        """The option as an integer. Raises: UserError where it is none, or less than `at_least`."""
        text = self.options.get(key, str(default))
        found = INTEGER.fullmatch(text)
        try:
            value = int(found[1] if found else "")
        except ValueError:  # Python also refuses integers of thousands of digits
            raise self.error(f"{key} should be an integer, it is {text[:SHOWN]!r}") from None
        if value < at_least:
            raise self.error(f"{key} should be at least {at_least}, it is {value}")
        return value

    def floats(self, key: str) -> list[float]:
        """The option as numbers between commas; [] where it is not given."""
        text = re.split("[#;]", self.options.get(key, ""))[0]
        try:
            if "_" in text or not text.isascii():  # Python reads 1_0 as ten, and other digits
                raise ValueError(text)
            return [float(part) for part in text.split(",") if part]
        except ValueError:
            raise self.error(f"{key} should be numbers, it is {self.shown(key)}") from None

    def number(self, key: str, default: float) -> float:
        """The option as one number. Raises: UserError where it is none, or several."""
        found = self.floats(key) if key in self.options else [default]
        if len(found) != 1:
            raise self.error(f"{key} should be a number, it is {self.shown(key)}")
        return found[0]

    def shown(self, key: str) -> str:
        """A given option as it stands in messages."""
        return repr(self.options[key][:SHOWN])

    def error(self, message: str) -> UserError:
        return UserError(f"{self.cfg} line {self.line} [{self.kind}]: {message}")


def read_sections(text: str, cfg: str) -> list[Section]:
    """The sections of a cfg in order; lines end at \\n or \\r\\n, a BOM is no part of the first.

    Raises: UserError naming the line of an unknown section, or of what is no section at all.
    """
    sections: list[Section] = []
    for line, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        content = raw.translate(BLANKS)
        if not content or content.startswith(("#", ";")):
            continue
        if content.startswith("["):
            sections.append(Section(cfg, _kind(content, cfg, line), line, {}))
            continue
        key, equals, value = content.partition("=")
        if not equals or not sections:
            shown = raw.strip()[:SHOWN]
            raise UserError(f"{cfg} line {line}: expected [section] or key=value, got {shown!r}")
        _take(sections[-1], key, value, line)
    return sections


def _take(section: Section, key: str, value: str, line: int) -> None:
    first = section.options.setdefault(key, value)
    section.lines.setdefault(key, line)
    if first != value:
        section.ignored.append(
            f"{section.cfg} line {line} [{section.kind}]: {key}={value[:SHOWN]} does not count: "
            f"Darknet takes the first, {key}={first[:SHOWN]} in line {section.lines[key]}"
        )


def _kind(content: str, cfg: str, line: int) -> str:
    kind = content[1:-1] if content.endswith("]") else content
    kind = ALIASES.get(kind, kind)
    if kind in KINDS:
        return kind
    message = f"{cfg} line {line}: unknown section {content[:SHOWN]}; known: {', '.join(KINDS)}"
    if content[1:].partition("]")[0].lower() in (*KINDS, *ALIASES):
        message += ": in small letters and between brackets, as Darknet spells them"
    raise UserError(message)
