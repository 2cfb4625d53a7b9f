"""TFDS builder of faces by person: from a folder of pictures, or from the built-in renderer."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from fivenets.core import listing
from fivenets.core.errors import UserError
from fivenets.core.images import read_image
from fivenets.drawn.people import render_faces

# The people drawn in the place of each real set: nobody is in two.
BUILTIN_PEOPLE = {"att_faces": range(60), "lfw10": range(60, 84)}
BUILTIN_PER_PERSON = 10

Examples = Iterable[tuple[np.ndarray, str, str]]  # picture, person, name


@dataclasses.dataclass
class FacesConfig(tfds.core.BuilderConfig):
    """Drawn people in the place of one real set, or, without one, a folder of people."""

    stands_for: str | None = None


class Builder(tfds.core.GeneratorBasedBuilder):
    """Faces and who they show; all in one split, as how people are parted is up to the reader."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First release."}
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

    def __init__(self, *, examples: Examples | None = None, **kwargs: Any):
        """Args: examples: written instead of the configuration's own, such as aligned ones."""
        super().__init__(**kwargs)
        self.examples = examples

    def _info(self) -> tfds.core.DatasetInfo:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
                "person": tfds.features.Text(),
            }
        )
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager: tfds.download.DownloadManager):
        if self.examples is not None:
            examples = self.examples
        elif self.builder_config.stands_for:
            examples = drawn(self.builder_config.stands_for)
        else:
            examples = read_folder(Path(dl_manager.manual_dir))
        return {"train": self._generate_examples(examples)}

    def _generate_examples(self, examples: Examples) -> Iterator[tuple[int, dict]]:
        for row, (image_rgb_uint8, person, _) in enumerate(examples):
            yield row, {"image": image_rgb_uint8, "person": person}


def drawn(stands_for: str) -> Iterator[tuple[np.ndarray, str, str]]:
    """Picture, person and name of each drawn face in the place of a real set."""
    for picture, person in render_faces(BUILTIN_PEOPLE[stands_for], BUILTIN_PER_PERSON):
        yield picture, person, person


def read_folder(folder: Path) -> Iterator[tuple[np.ndarray, str, str]]:
    """Picture, person and name of each image in a folder `<person>/<image>`, at any depth.

    Raises: UserError where it holds no such images.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; expected one of images per person in it")
    found = listing.labelled(folder)
    if not found.files:
        raise UserError(f"{folder} should hold one folder of images per person, it holds none")
    for person, files in found.by_label().items():
        for path in sorted(files, key=lambda path: (len(found.name(path)), found.name(path))):
            yield read_image(path), person, str(path)
