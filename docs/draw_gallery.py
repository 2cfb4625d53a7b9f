"""Draws docs/gallery.jpg by the models that `make` has left: `python docs/draw_gallery.py`.

What it shows may be passed on: drawn streets, numbers, and scikit-learn's photograph of a pagoda
(danielbuechele, CC BY 2.0) in the style of The Starry Night (van Gogh, public domain) where that
can be had, else of the painting that this project draws.
"""

import itertools
from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image

from fivenets.core import candidates
from fivenets.detection import drawing as boxes
from fivenets.detection.boxes import PROFILES
from fivenets.detection.detector import Detector
from fivenets.drawn.painting import render_painting
from fivenets.drawn.scenes import render_scenes
from fivenets.style import drawing
from fivenets.style.stylizer import Stylizer

WIDTH = 1100  # pixels
SEED = 2  # of scenes that were neither trained on (0) nor scored (1)
PAINTING = Path("data/raw/style_images/starry_night_google.jpg")
PLOTS = (("resnet50", "confusion"), ("facenet-resnet", "distances"), ("yolov2-compact", "curves"))


def main() -> None:
    rows = [streets(), plots(), painted()]
    rows = [row.resize((WIDTH, round(row.height * WIDTH / row.width))) for row in rows]
    tops = [0, *itertools.accumulate(row.height for row in rows)]
    gallery = Image.new("RGB", (WIDTH, tops[-1]), "white")
    for row, top in zip(rows, tops, strict=False):
        gallery.paste(row, (0, top))
    gallery.save("docs/gallery.jpg", quality=85)


def streets() -> Image.Image:
    """What the detector that is trained here finds in four drawn streets."""
    detector = Detector.from_file(candidates.find("yolov2-compact").file)
    scenes = [scene.image_rgb_uint8 for scene in render_scenes(4, SEED)]
    return boxes.page(scenes, detector.detect(scenes, PROFILES["course"]), detector.labels)


def plots() -> Image.Image:
    """Confusions of ResNet-50, distances of pairs of faces, precision over recall of streets."""
    files = [candidates.find(model).pictures / f"{plot}.png" for model, plot in PLOTS]
    pictures = [Image.open(file).convert("RGB") for file in files]
    height = min(picture.height for picture in pictures)
    alike = [
        np.asarray(picture.resize((round(picture.width * height / picture.height), height)))
        for picture in pictures
    ]
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
