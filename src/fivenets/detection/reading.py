"""Picture files as other engines read and fit them: witnesses for everything before the network.

Each compares from the user's file on: its own decoder, and Darknet's fitting, in Darknet itself or
transcribed from it. OpenCV's own resizing is another one, by 2 to 4 grey levels on a photograph.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from fivenets.core import images
from fivenets.detection import darknet_images, darknet_library, engines, pictures

AS_OURS = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "L"), "BMP": ("RGB",)}  # formats, and their modes
ORIENTATION = 0x0112  # EXIF

Reader = Callable[[Sequence[Path], tuple[int, int, int], str], np.ndarray]


def installed() -> dict[str, Reader]:
    """name with version -> (files, (height, width, channels), resize) -> the network's input."""
    found: dict[str, Reader] = {f"opencv {cv2.__version__}": opencv}
    if darknet_library.library():
        found["darknet"] = darknet_itself
    return found


def opencv(files: Sequence[Path], shape: tuple[int, int, int], resize: str) -> np.ndarray:
    """(n, height, width, channels) float32 in 0..1, decoded by OpenCV."""
    height, width, channels = shape
    fit = darknet_images.letterbox_image if resize == "letterbox" else darknet_images.resize_image
    found = []
    for file in files:
        content = np.frombuffer(file.read_bytes(), np.uint8)
        decoded = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR))
        image_rgb_uint8 = decoded[..., ::-1]
        picture = pictures.with_channels(image_rgb_uint8, channels).astype(np.float32) / 255
        found.append(fit(picture, width, height))
    return np.stack(found)


def darknet_itself(files: Sequence[Path], shape: tuple[int, int, int], resize: str) -> np.ndarray:
    """(n, height, width, channels) float32 in 0..1, by Darknet's load_image and what follows it."""
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch, "answer.npz")
        arguments = [answer, *shape, resize, *(file.absolute() for file in files)]
        names = ", ".join(file.name for file in files)
        return engines.ask_darknet("fit", arguments, answer, names)["pictures"]


def write(photographs: Sequence[images.ImageSource], folder: Path) -> list[Path]:
    """A file for each: its own, or a PNG in `folder` where engines would not read it alike.

    That is an array, a format that Darknet does not read, and what it does not see: transparency,
    an EXIF orientation, 16 bits.
    """
    files = []
    for index, source in enumerate(photographs):
        if isinstance(source, str | Path) and _is_read_alike(Path(source)):
            files.append(Path(source))
            continue
        files.append(folder / f"{index}.png")
        Image.fromarray(images.read_image(source)).save(files[-1])
    return files


def is_lossless(file: Path) -> bool:
    """Whether decoders have to agree on every pixel; a JPEG leaves them a few grey levels."""
    with Image.open(file) as picture:
        return picture.format != "JPEG"


def _is_read_alike(file: Path) -> bool:
    with Image.open(file) as picture:
        is_upright = picture.getexif().get(ORIENTATION, 1) == 1
        is_known = picture.mode in AS_OURS.get(picture.format or "", ())
        return is_known and is_upright and not picture.has_transparency_data
