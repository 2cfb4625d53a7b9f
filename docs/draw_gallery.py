"""Draws docs/gallery.jpg by the models that `make` has left: `python docs/draw_gallery.py`.

What it shows may be passed on: streets by drive.ai (CC BY 4.0) where these can be had, else drawn
ones; numbers; and scikit-learn's photograph of a pagoda (danielbuechele, CC BY 2.0) in the style of
The Starry Night (van Gogh, public domain) or else of the painting that this project draws.
"""

import itertools
from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image

from fivenets.core import candidates
from fivenets.core.images import read_image
from fivenets.detection import drawing as boxes
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.drawn.painting import render_painting
from fivenets.drawn.scenes import render_scenes
from fivenets.segmentation import drawing as classes
from fivenets.segmentation.segmenter import Segmenter
from fivenets.style import drawing
from fivenets.style.stylizer import Stylizer

WIDTH = 1100  # pixels
PHOTOGRAPHS = [Path("data/raw/course_street", name) for name in ("0010.jpg", "test.jpg")]
SEED = 2  # of scenes that were neither trained on (0) nor scored (1)
PAINTING = Path("data/raw/style_images/starry_night_google.jpg")
PLOTS = (
    ("signs-compact", "confusion"),
    ("facenet-resnet", "distances"),
    ("yolov2-compact", "curves"),
)


def main() -> None:
    rows = [streets(), plots(), painted()]
    rows = [row.resize((WIDTH, round(row.height * WIDTH / row.width))) for row in rows]
    tops = [0, *itertools.accumulate(row.height for row in rows)]
    gallery = Image.new("RGB", (WIDTH, tops[-1]), "white")
    for row, top in zip(rows, tops, strict=False):
        gallery.paste(row, (0, top))
    gallery.save("docs/gallery.jpg", quality=85)


def streets() -> Image.Image:
    """What `yolov2` and `unet` say of two streets, and the colours of the latter's classes."""
    photographs = [read_image(file) for file in PHOTOGRAPHS if file.exists()]
    images = photographs or [scene.image_rgb_uint8 for scene in render_scenes(2, SEED)]
    detector = Detector.from_file(candidates.find("yolov2").file).for_inference()
    segmenter = Segmenter.from_file(candidates.find("unet").file)
    found = detector.detect(images, PROFILES["course"])
    row = beside(
        [boxes.draw(*one, detector.labels) for one in zip(images, found, strict=True)]
        + [classes.coloured(image, segmenter.segment(image).mask) for image in images]
    )
    names = {label: index for index, label in enumerate(segmenter.labels)}
    legend = classes.legend(names, row.width, row.width // 85)
    return Image.fromarray(np.concatenate([np.asarray(row), np.asarray(legend)]))


def plots() -> Image.Image:
    """Confusions of ResNet-50, distances of pairs of faces, precision over recall of streets."""
    files = [candidates.find(model).pictures / f"{plot}.png" for model, plot in PLOTS]
    return beside([Image.open(file).convert("RGB") for file in files])


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Pictures in a row, as high as the lowest."""
    height = min(picture.height for picture in pictures)
    sizes = [(round(one.width * height / one.height), height) for one in pictures]
    alike = [np.asarray(one.resize(size)) for one, size in zip(pictures, sizes, strict=True)]
    return Image.fromarray(np.concatenate(alike, axis=1))


def painted() -> Image.Image:
    """A photograph, a painting, and the one in the style of the other."""
    photograph = sklearn.datasets.load_sample_image("china.jpg")
    is_there = PAINTING.exists()
    painting = np.asarray(Image.open(PAINTING)) if is_there else render_painting()
    stylizer = Stylizer.from_file(candidates.find("style-transfer").file)
    result = stylizer.stylize(photograph, [painting]).image
    titles = ["content", "style", "result"]
    return drawing.stacked([drawing.row([photograph, painting, result], titles)])


if __name__ == "__main__":
    main()
