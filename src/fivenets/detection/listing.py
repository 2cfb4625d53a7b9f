"""Pictures and videos that a user names, one by one or by folder, and where drawn ones go."""

from collections.abc import Sequence
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

from fivenets.core import files, footage, images, listing
from fivenets.core.errors import UserError
from fivenets.detection import drawing
from fivenets.detection.boxes import Profile
from fivenets.detection.detector import Detection, Detector

MARK = "drawn by fivenets detect"  # in a drawn copy, by which it is known
DRAWN = "drawn by an earlier `fivenets detect`"


def pictures(named: Sequence[Path], out: Path | None = None) -> tuple[list[Path], list[str]]:
    """The files that are named, and pictures and videos in folders that are named, in order.

    What is left out of a folder is logged; drawn copies are left out, and `out` with all in it.
    Beside them: what is wrong with folders, such as that they hold no pictures.
    """
    found, refused = [], []
    for path in named:
        if not path.is_dir():
            found.append(path)
            continue
        try:
            listed = listing.listed(path, also=is_video, leave_out=lambda file: _drawn(file, out))
        except UserError as error:
            refused.append(str(error))
            continue
        if not listed.files:
            why = listed.sentence()
            formats = ", ".join(images.FORMATS)
            refused.append(f"{path} holds no pictures ({formats}) or videos{why and '; '}{why}")
            continue
        listed.say()
        found.extend(listed.files)
    return found, refused


def is_video(path: Path) -> bool:
    """Whether its name says that it holds a video."""
    return path.suffix.lower() in listing.VIDEO_SUFFIXES


def _drawn(path: Path, out: Path | None) -> str | None:
    """Why a file or folder is left out: that it is, or holds, drawn copies."""
    if path.is_dir():
        return DRAWN if out and out.exists() and path.samefile(out) else None
    kind = path.suffix.lower()
    if kind == ".png":
        return DRAWN if images.text_in(path, "Software") == MARK else None
    return DRAWN if kind == ".mp4" and _comment(path) == MARK else None


def _comment(video: Path) -> str | None:
    try:
        return footage.comment(video)
    except UserError:  # as of a damaged one, which its reader names
        return None


def detect(detector: Detector, path: Path, profile: Profile, out: Path | None) -> list[Detection]:
    """The objects in one picture, best first, and a drawn copy in the folder `out`."""
    image_rgb_uint8 = images.read_image(path)
    found = detector.detect_in(image_rgb_uint8, profile)
    if out is not None:
        mark = PngInfo()
        mark.add_text("Software", MARK)
        with files.replacing(free_name(out, path)) as target:
            drawing.draw(image_rgb_uint8, found, detector.labels).save(target, pnginfo=mark)
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
