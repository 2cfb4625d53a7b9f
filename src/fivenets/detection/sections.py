"""The text of a Darknet `.cfg` file -> its sections, each with the line that it stands on."""

from dataclasses import dataclass

from fivenets.core.errors import UserError

ALIASES = {"network": "net", "conv": "convolutional", "max": "maxpool", "avg": "avgpool"}
ALIASES |= {"soft": "softmax"}
KINDS = ("net", "convolutional", "maxpool", "avgpool", "route", "reorg", "shortcut")
KINDS += ("dropout", "softmax", "cost", "region")


@dataclass(frozen=True)
class Section:
    """One `[kind]` of a cfg and the lines below it."""

    cfg: str
    kind: str
    line: int
    options: dict[str, str]

    def integer(self, key: str, default: int, at_least: int = 0) -> int:
        """The option as an integer.

        Raises: UserError where it is none, or less than `at_least`.
        """
        text = self.options.get(key, str(default))
        try:
            value = int(text)
        except ValueError:
            raise self.error(f"{key} should be an integer, it is {text!r}") from None
        if value < at_least:
            raise self.error(f"{key} should be at least {at_least}, it is {value}")
        return value

    def numbers(self, key: str) -> list[float]:
        """The option as numbers between commas; [] where it is not given."""
        parts = [part for part in self.options.get(key, "").split(",") if part]
        try:
            return [float(part) for part in parts]
        except ValueError:
            raise self.error(f"{key} should be numbers, it is {self.options[key]!r}") from None

    def refuse(self, key: str, default: str) -> None:
        """Raises: UserError where the option asks for what is not supported here."""
        if self.options.get(key, default) != default:
            raise self.error(f"{key}={self.options[key]} is not supported, only {key}={default}")

    def error(self, message: str) -> UserError:
        return UserError(f"{self.cfg} line {self.line} [{self.kind}]: {message}")


def read_sections(text: str, cfg: str) -> list[Section]:
    """The sections of a cfg in order; blanks count for nothing, as in Darknet.

    Raises: UserError naming the line of an unknown section, or of what is no section at all.
    """
    sections: list[Section] = []
    for line, raw in enumerate(text.splitlines(), start=1):
        content = "".join(raw.partition("#")[0].split())
        if not content or content.startswith(";"):
            continue
        if content.startswith("["):
            sections.append(Section(cfg, _kind(content, cfg, line), line, {}))
            continue
        key, equals, value = content.partition("=")
        if not equals or not sections:
            shown = raw.strip()[:60]
            raise UserError(f"{cfg} line {line}: expected [section] or key=value, got {shown!r}")
        sections[-1].options[key] = value
    return sections


def _kind(content: str, cfg: str, line: int) -> str:
    kind = content.strip("[]").lower()
    kind = ALIASES.get(kind, kind)
    if kind not in KINDS:
        raise UserError(f"{cfg} line {line}: unknown section [{kind}]; known: {', '.join(KINDS)}")
    return kind
