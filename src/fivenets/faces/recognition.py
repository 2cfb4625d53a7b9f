"""Recognition (1:K): a gallery of known people, searched exactly; strangers are turned away."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from fivenets.core import files
from fivenets.core.errors import UserError

UNREADABLE = (KeyError, TypeError, ValueError, BadZipFile, zlib.error)  # what NumPy's reader raises
QUERY_BLOCK = 64  # queries whose scores are held at once: 26 MB of 100,000 entries


@dataclass(frozen=True)
class Match:
    """The nearest entry of a query; `person` is None where it is farther than the threshold."""

    person: str | None
    distance: float
    entry: int


class Gallery:
    """Embeddings (n, d) float32 of known people, with a name and a source for each.

    `model_sha256` says which model made them: embeddings of two models cannot be compared.
    """

    def __init__(
        self,
        embeddings: np.ndarray,
        people: Sequence[str],
        sources: Sequence[str],
        model_sha256: str,
    ):
        if not len(embeddings) == len(people) == len(sources):
            raise ValueError(
                f"{len(embeddings)} embeddings, {len(people)} people, {len(sources)} sources: "
                "expected as many of each"
            )
        self.embeddings = np.ascontiguousarray(embeddings, dtype=np.float32)
        self.people, self.sources = list(people), list(sources)
        self.model_sha256 = model_sha256
        self._half_squares = np.einsum("ij,ij->i", self.embeddings, self.embeddings) / 2

    def __len__(self) -> int:
        return len(self.people)

    def appended(
        self, embeddings: np.ndarray, people: Iterable[str], sources: Iterable[str]
    ) -> "Gallery":
        """This gallery and more entries; what it has is not computed again."""
        embeddings = np.concatenate([self.embeddings, embeddings])
        people, sources = [*self.people, *people], [*self.sources, *sources]
        return Gallery(embeddings, people, sources, self.model_sha256)

    def kept(self, rows: np.ndarray) -> "Gallery":
        """A gallery of these rows only."""
        people, sources = ([names[row] for row in rows] for names in (self.people, self.sources))
        return Gallery(self.embeddings[rows], people, sources, self.model_sha256)

    def search(self, queries: np.ndarray, threshold: float) -> list[Match]:
        """The nearest entry of each query (q, d), over all entries.

        Exact: |q - e|^2 = |q|^2 - 2 (q e - |e|^2 / 2), so the nearest entry has the greatest
        q e - |e|^2 / 2, which is one matrix product. The distance itself is then taken from the
        difference, as the product's has lost the digits of small distances.
        """
        if not len(self):
            raise UserError("the gallery is empty: add people before asking who somebody is")
        queries = np.asarray(queries, dtype=np.float32)
        blocks = np.split(queries, range(QUERY_BLOCK, len(queries), QUERY_BLOCK))
        nearest = np.concatenate(
            [(block @ self.embeddings.T - self._half_squares).argmax(axis=1) for block in blocks]
        )
        distances = np.linalg.norm(queries - self.embeddings[nearest], axis=1)
        return [
            Match(
                self.people[entry] if distance <= threshold else None, float(distance), int(entry)
            )
            for entry, distance in zip(nearest, distances, strict=True)
        ]

    def save(self, file: Path) -> None:
        """Writes all to one .npz, whole or not."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(file) as part:
            np.savez(
                part,
                embeddings=self.embeddings,
                people=np.array(self.people, dtype=str),
                sources=np.array(self.sources, dtype=str),
                model_sha256=self.model_sha256,
            )

    @classmethod
    def load(cls, file: Path, model_sha256: str) -> "Gallery":
        """What `save` wrote.

        Raises: UserError for another kind of file, or one that another model made.
        """
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                made_by = str(stored["model_sha256"])
                found = stored["embeddings"]
                if found.ndim != 2 or found.dtype.kind != "f" or not np.isfinite(found).all():
                    raise ValueError("its embeddings should be finite numbers, in rows")
                gallery = cls(
                    found,
                    stored["people"].tolist(),
                    stored["sources"].tolist(),
                    made_by,
                )
        except (OSError, EOFError, *UNREADABLE) as error:
            raise UserError(f"{file} is not a gallery of embeddings: {error}") from None
        if made_by != model_sha256:
            raise UserError(
                f"{file} holds embeddings of another model ({made_by[:12]}, not "
                f"{model_sha256[:12]}): they cannot be compared; delete it to make it anew"
            )
        return gallery


def enrolled_rows(people: np.ndarray, shots: int) -> np.ndarray:
    """The rows of the first `shots` images of each person in `people` (n,)."""
    rows = [np.flatnonzero(people == person) for person in np.unique(people)]
    return np.concatenate([own[:shots] for own in rows])
