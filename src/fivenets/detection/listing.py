"""Pictures and videos that a user names, one by one or by folder, and where drawn ones go."""

from collections.abc import Sequence
from pathlib import Path

from fivenets.core import files, images
from fivenets.core.errors import UserError
from fivenets.detection import drawing
from fivenets.detection.boxes import Profile
from fivenets.detection.detector import Detection, Detector

VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")


def pictures(named: Sequence[Path]) -> list[Path]:
    """The files that are named, and those in folders that are named, by suffix and in order.

    Raises: UserError for a folder without pictures.
    """
    found = []
    for path in named:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [file for file in sorted(path.rglob("*")) if _is_usable(file)]
        if not inside:
            raise UserError(f"{path} holds no pictures ({', '.join(images.SUFFIXES)})")
        found.extend(inside)
    return found


def is_video(path: Path) -> bool:
    """Whether its name says that it holds a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def _is_usable(path: Path) -> bool:
    return images.is_image_file(path) or is_video(path)


def detect(detector: Detector, path: Path, profile: Profile, out: Path | None) -> list[Detection]:
    """The objects in one picture, best first, and a drawn copy in the folder `out`."""
    image_rgb_uint8 = images.read_image(path)
    found = detector.detect_in(image_rgb_uint8, profile)
    if out is not None:
        with files.replacing(free_name(out, path)) as target:
            drawing.draw(image_rgb_uint8, found, detector.labels).save(target)
    return found


def free_name(out: Path, path: Path, suffix: str = ".png") -> Path:
    """A file in `out` named as `path`; numbered where one of that name is there already.

    Raises: UserError where `out` cannot be a folder.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} cannot be a folder for pictures: {error.strerror}") from None
    return files.free_name(out, path.stem, suffix)
