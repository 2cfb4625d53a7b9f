"""Pictures as users have them -> one array."""

import base64
import binascii
import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fivenets.core.errors import UserError

try:
    import pillow_heif  # pyright: ignore[reportMissingImports]
except ImportError:  # it has no wheel for every machine
    pillow_heif = None

log = logging.getLogger(__name__)

MIN_SIDE = 8  # pixels; below this there is nothing to recognise
MAX_PIXELS = 64_000_000  # decoded: 192 MB of RGB; more is refused from the header, before decoding
# Not all that Pillow knows: its EPS reader, for one, runs Ghostscript on a stranger's file.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
# Each holds a TIFF or JPEG, but of a thumbnail: its first bytes would pass for the photograph.
RAW_SUFFIXES = {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc"}
RAW_SUFFIXES |= {".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".sr2"}
RAW_SUFFIXES |= {".srf", ".srw", ".x3f"}
HEIF_SUFFIXES = (".heic", ".heics", ".heif", ".heifs", ".hif")  # as telephones save photographs
if pillow_heif:
    pillow_heif.register_heif_opener()
    FORMATS = tuple(sorted((*FORMATS, "HEIF")))

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

BITS_PER_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0  # tags of TIFF, and a value

ImageSource = str | os.PathLike | bytes | Image.Image | np.ndarray


def read_image(picture: Any, name: str | None = None, keeps_alpha: bool = False) -> np.ndarray:
    """Reads one picture as image_rgb_uint8, (height, width, 3).

    Args:
        picture: a path, the bytes of an image file, a PIL image, or an array: (height, width) or
            (height, width, 1 | 3 | 4), of integers 0..255 or floats 0..1.
            Transparency is laid on white; an EXIF rotation is applied.
        name: what to call it in an error; by default the path or the kind of picture.
        keeps_alpha: gives one with transparency as (height, width, 4), laid on nothing.
    Raises: UserError, one sentence, for anything that is not a usable picture.
    """
    if isinstance(picture, str | os.PathLike):
        return read_image(_read_file(Path(picture)), name or str(picture), keeps_alpha)
    name = name or f"the {type(picture).__name__}"
    if isinstance(picture, bytes | bytearray):
        image = _decode(bytes(picture), name)
    elif isinstance(picture, Image.Image):
        image = picture
    else:
        image = _image_from_array(picture, name)
    if min(image.size) < MIN_SIDE or image.width * image.height > MAX_PIXELS:
        raise _wrong_size(name, *image.size)
    try:
        with _without_warnings():
            upright = _in_8_bits(ImageOps.exif_transpose(image), image, name)
            is_rgba = keeps_alpha and upright.has_transparency_data
            pixels = np.asarray(upright.convert("RGBA") if is_rgba else _as_rgb(upright))
    except UserError:
        raise
    except Exception as error:  # any kind, see `_decode`
        raise UserError(f"{name} is a damaged image: {_line(error)}") from None
    if _holds_more(image):
        log.warning("%s holds several pictures, of which the first is taken", name)
    return pixels


@cache
def suffixes() -> frozenset[str]:
    """The endings, in small letters, of files of these formats: .jpg, .jfif, .jp2 and so on."""
    return frozenset(
        suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS
    )


def holds_image(file: Path) -> bool:
    """Whether a file's first bytes are those of a picture in one of these formats."""
    try:
        with _without_warnings(), Image.open(file, formats=FORMATS):
            return True
    except Image.DecompressionBombError:
        return True
    except Exception:  # any kind, see `_decode`
        return False


def text_in(file: Path, key: str) -> str | None:
    """What a picture's file says under `key` before its pixels, as a PNG may; else None."""
    try:
        with _without_warnings(), Image.open(file, formats=FORMATS) as image:
            return image.info.get(key)
    except Exception:  # any kind, see `_decode`
        return None


def read_base64(text: str) -> bytes:
    """The bytes in base64 `text`, with or without a `data:image/...;base64,` prefix."""
    try:
        return base64.b64decode("".join(text.rpartition("base64,")[2].split()), validate=True)
    except (binascii.Error, ValueError):
        raise UserError("expected an image file as base64 text, received other text") from None


def resize(image_rgb_uint8: np.ndarray, size: int) -> np.ndarray:
    """Resizes (height, width, 3) to (size, size, 3), both uint8; the aspect is not kept.

    Every path to a classifier resizes here, so that training and use see the same pixels.
    """
    if image_rgb_uint8.shape[:2] == (size, size):
        return image_rgb_uint8
    resized = Image.fromarray(image_rgb_uint8).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def _holds_more(image: Image.Image) -> bool:
    """Whether it is animated or has pages; a telephone's second picture in a JPEG is a thumbnail's
    or a depth's."""
    try:
        return image.format != "MPO" and getattr(image, "is_animated", False)
    except Exception:  # any kind, see `_decode`
        return False


def _read_file(path: Path) -> bytes:
    try:
        if path.is_char_device() or path.is_block_device():
            raise UserError(f"{path} is a device: expected a picture's file")
        if path.is_dir():
            raise UserError(f"{path} is a folder: expected pictures' files, such as {path}/*.jpg")
        if path.suffix.lower() in RAW_SUFFIXES:
            raise UserError(f"{path} is a camera's raw file, which is not read: save it as JPEG")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # a null byte
        raise UserError(f"{path} cannot be read: {error}") from None
    if not data:
        raise UserError(f"{path} is empty: expected an image file")
    return data


def _decode(data: bytes, name: str) -> Image.Image:
    try:
        with _without_warnings():
            return Image.open(io.BytesIO(data), formats=FORMATS)  # reads the header only
    except UnidentifiedImageError:
        if not pillow_heif and data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
            raise UserError(f"{name} is HEIC: the package pillow-heif reads it") from None
        raise UserError(f"{name} is not an image: expected one of {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise UserError(f"{name} has over {MAX_PIXELS // 10**6} million pixels") from None
    except Exception as error:  # any kind: a rational for an offset in a TIFF is a TypeError
        raise UserError(f"{name} is a damaged image: {_line(error)}") from None


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Pillow warns of large pictures, which MAX_PIXELS refuses, and of damaged tags, whose
    picture can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _image_from_array(picture: Any, name: str) -> Image.Image:
    try:
        array = np.asarray(picture)
    except ValueError:
        raise UserError(f"{name} has rows of different lengths") from None
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4):
        raise UserError(
            f"{name} should have shape (height, width) or (height, width, 1, 3 or 4), "
            f"it has {np.shape(picture)}"
        )
    if not 0 < array.shape[0] * array.shape[1] <= MAX_PIXELS:
        raise _wrong_size(name, array.shape[1], array.shape[0])
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise UserError(f"{name} holds NaN or infinity")
        if array.min() < 0 or array.max() > 1:
            raise UserError(f"{name} of floats should lie in 0..1, it spans {_span(array)}")
        array = np.round(array * 255)
    elif array.dtype.kind not in "iu":  # NumPy takes a span of time for an integer
        raise UserError(f"{name} should be integers 0..255 or floats 0..1, it is {array.dtype}")
    elif array.min() < 0 or array.max() > 255:
        raise UserError(f"{name} of integers should lie in 0..255, it spans {_span(array)}")
    pixels = array.astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _in_8_bits(image: Image.Image, opened: Image.Image, name: str) -> Image.Image:
    """Grey of 9 to 16 bits in 8, of which Pillow's own conversion clips it; others as they are.

    Args: opened: the image as its file was opened, which alone knows its format and tags.
    Raises: UserError for more bits, and for integers whose white nobody knows.
    """
    tags = getattr(opened, "tag_v2", {}) if opened.format == "TIFF" else {}
    bits = tags.get(BITS_PER_SAMPLE, (16,))[0]
    # Pillow has all of a PGM's ranges, and a PNG's 16 bits in older versions, as 0..65535 in "I".
    if image.mode == "F" or (image.mode == "I" and opened.format not in ("PPM", "PNG")):
        depth = f"{bits} bits with a sign" if bits == 16 and tags else "32 bits"
        many = f"{name} has {depth} per pixel, mode {image.mode}"
        raise UserError(f"{many}; 8, or 16 without a sign, are read")
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    white = 2**bits - 1
    values = np.asarray(image).astype(np.uint32)
    scaled = Image.fromarray(((values * 255 + white // 2) // white).astype(np.uint8))
    return ImageOps.invert(scaled) if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO else scaled


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _wrong_size(name: str, width: int, height: int) -> UserError:
    return UserError(
        f"{name} is {width}x{height} pixels: expected at least {MIN_SIDE}x{MIN_SIDE} and at most "
        f"{MAX_PIXELS // 10**6} million in all"
    )


def _span(array: np.ndarray) -> str:
    return f"{array.min():g}..{array.max():g}"
