"""TFDS builder of faces by person: from a folder of pictures, or from the built-in renderer."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import listing
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.datasets.faces.examples import FaceExample, picture_digest
from fivenets.drawn.people import render_faces

# The people drawn in the place of each real set: nobody is in two.
BUILTIN_PEOPLE = {"att_faces": range(60), "lfw10": range(60, 84)}
BUILTIN_PER_PERSON = 10


class Crop(NamedTuple):
    """A face, and what is known of it."""

    image: np.ndarray  # (height, width, 3) uint8
    person: str
    picture: str  # digest of the picture that it was cut from
    name: str = ""  # of that picture
    part: str = ""  # train or test where the data set says it


@dataclasses.dataclass
class FacesConfig(tfds.core.BuilderConfig):
    """Drawn people in the place of one real set, or, without one, a folder of people."""

    stands_for: str | None = None


class Builder(tfds.core.GeneratorBasedBuilder):
    """Faces and who they show; all in one split, as how people are parted is up to the reader."""

    VERSION = tfds.core.Version("1.2.0")
    RELEASE_NOTES: ClassVar = {
        "1.0.0": "First release.",
        "1.1.0": "Each face says which picture it was cut from.",
        "1.2.0": "And that picture's name, and its part where the data set says it.",
    }
    BUILDER_CONFIGS: ClassVar = [
        FacesConfig(name="folder", description="Pictures `<person>/<image>`."),
        *(
            FacesConfig(name=f"{name}_drawn", description="Drawn people.", stands_for=name)
            for name in BUILTIN_PEOPLE
        ),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "`faces/folder` needs a folder `<person>/<image>`, such as those of att_faces and lfw10 "
        "that `fivenets.sources` brings; the others need nothing."
    )

    def __init__(self, *, crops: Iterable[Crop] | None = None, **kwargs: Any):
        """Args: crops: written instead of the configuration's own pictures."""
        super().__init__(**kwargs)
        self.crops = crops

    def _info(self) -> tfds.core.DatasetInfo:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
                "person": tfds.features.Text(),
                "picture": tfds.features.Text(),  # digest, see `picture_digest`
                "name": tfds.features.Text(),
                "part": tfds.features.Text(),  # train, test or nothing
            }
        )
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager: tfds.download.DownloadManager):
        if self.crops is not None:
            return {"train": self._generate_examples(self.crops)}
        if self.builder_config.stands_for:
            examples = drawn(self.builder_config.stands_for)
        else:
            examples = read_folder(Path(dl_manager.manual_dir))
        crops = (
            Crop(pixels, one.person, picture_digest(pixels), one.name)
            for one in examples
            for pixels in [read_image(one.picture)]
        )
        return {"train": self._generate_examples(crops)}

    def _generate_examples(self, crops: Iterable[Crop]) -> Iterator[tuple[int, dict]]:
        for row, crop in enumerate(crops):
            texts = {key: _storable(getattr(crop, key)) for key in ("person", "name")}
            yield row, crop._asdict() | texts


def _storable(text: str) -> str:
    """A name as TFDS can store it, which takes UTF-8 alone."""
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")


def drawn(stands_for: str) -> Iterator[FaceExample]:
    """The drawn faces in the place of a real set."""
    for picture, person in render_faces(BUILTIN_PEOPLE[stands_for], BUILTIN_PER_PERSON):
        yield FaceExample(picture, person, person)


def read_folder(folder: Path) -> list[FaceExample]:
    """The images in a folder `<person>/<image>`, at any depth.

    Raises: UserError where it holds no such images.
    """
    return examples_in(people_in(folder))


def people_in(folder: Path) -> listing.Listing:
    """What a folder `<person>/<image>` holds. Raises: UserError as `read_folder`."""
    try:
        is_folder = folder.is_dir()  # TFDS refuses os.path in a builder
    except OSError:  # it lies in one that may not be entered
        is_folder = False
    if not is_folder:
        raise UserError(f"{folder} is not a folder; expected one of images per person in it")
    found = listing.labelled(folder)
    if not found.files:
        raise UserError(f"{folder} should hold one folder of images per person, it holds none")
    return found


def examples_in(found: listing.Listing) -> list[FaceExample]:
    """The images that are listed, of each person the shortest names first."""
    return [
        FaceExample(path, person, str(path))
        for person, files in found.by_label().items()
        for path in sorted(files, key=lambda path: (len(found.name(path)), found.name(path)))
    ]
