"""What was used and where it is from: a record beside the data and in each training and run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from fivenets.core.digests import sha256

OPTIONAL = ("file", "is_general")  # of a record


class Kind(StrEnum):
    """The kind of source that something came from."""

    MIRROR = "mirror"
    PUBLIC = "public"  # an archive, or single files, at a public address
    PACKAGE = "package"  # of the package index, read as data
    BUILTIN = "builtin"  # drawn or trained here, or part of an installed package
    UNTRAINED = "untrained"  # weights that were unavailable: random ones are in their place
    TFDS = "tfds"
    FOLDER = "folder"  # the user's own


@dataclass(frozen=True)
class Origin:
    """One asset that was used: a data set, a picture or a file of weights."""

    asset: str
    kind: Kind
    digest: str  # SHA-256, of a file or a tree (see `digests`)
    licence: str
    is_drawn: bool = False  # by this project; else it is real
    file: str = ""  # the user's own, as params.yaml names it
    is_general: bool = (
        False  # photographs, or weights that know them: nothing of what is to be found
    )

    def __post_init__(self):
        object.__setattr__(self, "kind", Kind(self.kind))

    @classmethod
    def drawn(cls, asset: str, digest: str) -> "Origin":
        """What this project has drawn."""
        return cls(asset, Kind.BUILTIN, digest, "Apache-2.0, drawn by this project", True)

    @classmethod
    def own(cls, name: str, digest: str, file: str = "") -> "Origin":
        """The user's own folder or file; `file` names one that is looked at for changes."""
        return cls(name, Kind.FOLDER, digest, "the user's own", file=file)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Origin":
        """The origin in a record such as source.json, which may say more."""
        names = (field.name for field in fields(cls))
        return cls(**{name: record[name] for name in names if name in record})

    @classmethod
    def joint(cls, origins: Sequence["Origin"]) -> "Origin":
        """Several as one: of the kind of the first, and drawn where all of them are."""
        if len(origins) == 1:
            return origins[0]
        licences = "; ".join(dict.fromkeys(origin.licence for origin in origins))
        names = " + ".join(origin.asset for origin in origins)
        return cls(names, origins[0].kind, digest_of(origins), licences, are_drawn(origins))

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        values = {**asdict(self), "kind": self.kind.value}
        return {name: value for name, value in values.items() if value or name not in OPTIONAL}


def all_of(records: Sequence[Mapping[str, Any]] | None) -> list[Origin]:
    """The origins in a list of records; none where there is no list."""
    return [Origin.of(record) for record in records or ()]


def specific(origins: Sequence[Origin]) -> list[Origin]:
    """Those that know what is to be recognised; all where none does."""
    return [origin for origin in origins if not origin.is_general] or list(origins)


def are_drawn(origins: Sequence[Origin]) -> bool:
    """Whether what is to be recognised was drawn, and nothing of it is real.

    What packages ship, such as the photographs behind drawn hands, is built in as well.
    """
    kinds = {origin.kind for origin in specific(origins)}
    return any(origin.is_drawn for origin in origins) and kinds <= {Kind.BUILTIN, Kind.UNTRAINED}


def in_words(origins: Sequence[Origin]) -> str:
    """For people to read: `signs (mirror)`, `china + vgg16_hed (builtin, package)`."""
    if not origins:
        return "not recorded"  # as of two committed records
    assets = " + ".join(origin.asset for origin in origins)
    return f"{assets} ({', '.join(dict.fromkeys(origin.kind.value for origin in origins))})"


def caution(origins: Sequence[Origin]) -> str:
    """A sentence on what a model of these cannot be asked; empty where there is nothing to say."""
    drawn = [origin for origin in origins if origin.is_drawn]
    if any(origin.kind == Kind.UNTRAINED for origin in origins):
        return "this model is untrained, as its weights were unavailable: its answers mean nothing"
    if are_drawn(origins):
        return (
            f"of what it is to recognise, this model has seen only what this program draws "
            f"({in_words(drawn)}): expect less of it on photographs than on drawings"
        )
    return ""


def digest_of(origins: Sequence[Origin]) -> str:
    """The digest of all that was used: one asset's own, or one of all digests in their order."""
    digests = [origin.digest for origin in origins]
    return digests[0] if len(digests) == 1 else sha256(" ".join(digests).encode())
