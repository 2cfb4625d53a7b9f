"""TFDS builder of SIGNS, from photographs or from the built-in renderer."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import tensorflow_datasets as tfds

from fivenets.core.images import read_image
from fivenets.drawn.signs import render_signs

SPLIT_FOLDERS = {"train": "train_signs", "validation": "val_signs", "test": "test_signs"}
BUILTIN_PER_LABEL = {"train": 144, "validation": 36, "test": 20}  # the sizes of the photographs
BUILTIN_SEEDS = {"train": 0, "validation": 1, "test": 2}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Hand signs 0-5: `signs/real` reads photographs, `signs/builtin` draws them.

    A builder and not `store_as_tfds_dataset`, as for a user's folder: it has a version, a citation
    and two configurations of its own, `tfds.builder` takes it in any program, and TFDS' own test
    case checks it.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First release."}
    BUILDER_CONFIGS: ClassVar = [
        tfds.core.BuilderConfig(name="real", description="Photographs from the course."),
        tfds.core.BuilderConfig(name="builtin", description="Drawn hands, a stand-in."),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "`signs/real` needs the folders train_signs, val_signs and test_signs, which "
        "`fivenets.sources` brings; `signs/builtin` needs nothing."
    )

    def _info(self) -> tfds.core.DatasetInfo:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(64, 64, 3), encoding_format="png"),
                "label": tfds.features.ClassLabel(names=[str(fingers) for fingers in range(6)]),
            }
        )
        return self.dataset_info_from_configs(features=features, supervised_keys=("image", "label"))

    def _split_generators(self, dl_manager: tfds.download.DownloadManager):
        is_builtin = self.builder_config.name == "builtin"
        folder = None if is_builtin else Path(dl_manager.manual_dir)
        return {split: self._generate_examples(split, folder) for split in SPLIT_FOLDERS}

    def _generate_examples(self, split: str, folder: Path | None) -> Iterator[tuple[str, dict]]:
        """Examples of one split: photographs below `folder`, or drawn ones."""
        if folder is None:
            drawn = render_signs(BUILTIN_PER_LABEL[split], BUILTIN_SEEDS[split])
            for index, (image_rgb_uint8, label) in enumerate(drawn):
                yield f"{split}_{index:04d}", {"image": image_rgb_uint8, "label": label}
        else:
            for path in sorted((folder / SPLIT_FOLDERS[split]).glob("*.jpg")):
                # Decoded here and not by TensorFlow, whose JPEG decoder rounds otherwise than
                # the one that reads a user's picture.
                yield path.name, {"image": read_image(path), "label": path.name[0]}
