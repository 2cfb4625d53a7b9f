"""Pictures in every form that users have arrive as the same pixels; others end in one sentence."""

import base64
import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core import images
from fivenets.core.errors import UserError
from fivenets.core.images import read_base64, read_image, resize

HEIGHT, WIDTH = 9, 12  # not square: exchanged axes would show
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
GREY = RGB[..., 0]
ALPHA = np.zeros((HEIGHT, WIDTH), np.uint8)
ALPHA[:, 6:] = 255  # left half transparent, right half opaque


def grey_rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=-1)


def left_white(rgb: np.ndarray) -> np.ndarray:
    """What is left of `rgb` on white behind ALPHA."""
    return np.where(ALPHA[..., None] == 0, 255, rgb).astype(np.uint8)


def encoded(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


PNG = encoded(Image.fromarray(RGB))
# Large plain areas, so that a damaged byte does not only change some noise.
BLOCKS = np.kron(RGB[:6, :6], np.ones((5, 4, 1), np.uint8))
JPEG = encoded(Image.fromarray(BLOCKS), "JPEG")


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes that declares so many grey pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def palette_image(transparency: int | None) -> Image.Image:
    """Colour 1 left and colour 2 right."""
    image = Image.fromarray(np.where(ALPHA == 0, 1, 2).astype(np.uint8)).convert("P")
    image.putpalette([0, 0, 0, 10, 20, 30, 200, 100, 50])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


PALETTE_RGB = np.where(ALPHA[..., None] == 0, [10, 20, 30], [200, 100, 50]).astype(np.uint8)
CYAN_RED = Image.merge(
    "CMYK", [Image.fromarray(band) for band in (255 - ALPHA, ALPHA, ALPHA, np.zeros_like(ALPHA))]
)
CYAN_RED_RGB = np.where(ALPHA[..., None] == 0, [0, 255, 255], [255, 0, 0]).astype(np.uint8)

PIL_IMAGES = {
    "RGB": (Image.fromarray(RGB), RGB),
    "L": (Image.fromarray(GREY), grey_rgb(GREY)),
    "LA": (
        Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)]),
        left_white(grey_rgb(GREY)),
    ),
    "RGBA": (Image.fromarray(np.dstack([RGB, ALPHA])), left_white(RGB)),
    "P": (palette_image(None), PALETTE_RGB),
    "P transparent": (palette_image(1), left_white(PALETTE_RGB)),
    "1": (Image.fromarray(ALPHA).convert("1"), grey_rgb(ALPHA)),
    "CMYK": (CYAN_RED, CYAN_RED_RGB),
    "I;16": (Image.fromarray(GREY.astype(np.uint16) * 257), grey_rgb(GREY)),
}


@pytest.mark.parametrize(("image", "expected"), PIL_IMAGES.values(), ids=PIL_IMAGES)
def test_a_pil_image_of_any_mode_is_its_colours_on_white(image, expected: np.ndarray) -> None:
    read = read_image(image)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P transparent", "1", "I;16"])
def test_a_png_is_read_as_the_pil_image_in_it(mode: str) -> None:
    image, expected = PIL_IMAGES[mode]
    np.testing.assert_array_equal(read_image(encoded(image)), expected)


def test_a_16_bit_grey_image_is_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 16).astype(np.uint16), (8, 1))
    read = read_image(encoded(Image.fromarray(ramp)))
    assert read[0, :, 0].tolist() == list(range(0, 256, 17))


def pgm(values: np.ndarray, white: int, is_text: bool = False) -> bytes:
    """A PGM of (h, w) integers up to `white`; two bytes each, big end first, above 255."""
    height, width = values.shape
    head = f"P{2 if is_text else 5}\n# a comment\n{width} {height}\n{white}\n".encode()
    if is_text:
        return head + "\n".join(" ".join(map(str, row)) for row in values.tolist()).encode()
    return head + values.astype(">u2" if white > 255 else "u1").tobytes()


def tiff(content: bytes, bits: int, order: str = "<", photometric: int = 1, sign: int = 1) -> bytes:
    """A TIFF of 16 by 8 grey pixels of so many bits; photometric 0: the highest is black."""
    tags = {256: 16, 257: 8, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1, 278: 8}
    tags |= {279: len(content), 339: sign}
    entries = [struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items()]
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(content))
    ends = struct.pack(order + "H", len(tags)), struct.pack(order + "I", 0)
    return start + content + ends[0] + b"".join(entries) + ends[1]


def in_12_bits(values: np.ndarray) -> bytes:
    """(h, w) integers 0..4095, two of them in three bytes."""
    return b"".join((a << 12 | b).to_bytes(3) for a, b in values.reshape(-1, 2).tolist())


RAMP = np.tile(np.arange(0, 256, 17), (8, 1))  # 16 steps from black to white
DEEP_GREY = {
    "PGM 65535": (pgm(RAMP * 257, 65535), RAMP),
    "PGM 65535, as text": (pgm(RAMP * 257, 65535, is_text=True), RAMP),
    "PGM 1023": (pgm(RAMP * 1023 // 255, 1023), RAMP),
    "PGM 1023, as text": (pgm(RAMP * 1023 // 255, 1023, is_text=True), RAMP),
    "PGM 256": (pgm(RAMP * 256 // 255, 256), RAMP),
    "PGM 15": (pgm(RAMP // 17, 15), RAMP),
    "PNG": (encoded(Image.fromarray((RAMP * 257).astype(np.uint16))), RAMP),
    "TIFF": (tiff((RAMP * 257).astype("<u2").tobytes(), 16), RAMP),
    "TIFF, big end first": (tiff((RAMP * 257).astype(">u2").tobytes(), 16, ">"), RAMP),
    "TIFF, white is 0": (tiff((RAMP * 257).astype("<u2").tobytes(), 16, photometric=0), 255 - RAMP),
    "TIFF of 12 bits": (tiff(in_12_bits(RAMP * 4095 // 255), 12), RAMP),
}


@pytest.mark.parametrize(("content", "expected"), DEEP_GREY.values(), ids=DEEP_GREY)
def test_deep_grey_is_read_whatever_mode_pillow_has_for_it(content: bytes, expected) -> None:
    read = read_image(content)
    assert np.abs(read.astype(int) - grey_rgb(expected)).max() <= 1
    assert (read.min(), read.max()) == (0, 255)


def test_deep_grey_is_turned_as_its_file_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    content = encoded(Image.fromarray((RAMP * 257).astype(np.uint16)), exif=exif)
    np.testing.assert_array_equal(read_image(content), grey_rgb(np.rot90(RAMP, -1)))


@pytest.mark.parametrize(
    ("content", "depth"),
    [
        (tiff((RAMP * 100).astype("<i2").tobytes(), 16, sign=2), "16 bits with a sign per pixel"),
        (tiff(RAMP.astype("<u4").tobytes(), 32), "32 bits per pixel"),
        (tiff(RAMP.astype("<f4").tobytes(), 32, sign=3), "32 bits per pixel"),
    ],
)
def test_depths_whose_white_nobody_knows_are_refused(content: bytes, depth: str) -> None:
    with pytest.raises(UserError, match=depth):
        read_image(content)


def test_half_transparent_black_is_mid_grey() -> None:
    np.testing.assert_array_equal(read_image(np.full((8, 8, 4), [0, 0, 0, 128], np.uint8)), 127)


@pytest.mark.parametrize("as_source", [str, Path], ids=["str", "Path"])
def test_a_path_is_read_as_its_file(tmp_path: Path, as_source) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(PNG)
    np.testing.assert_array_equal(read_image(as_source(file)), RGB)


@pytest.mark.parametrize("as_source", [bytes, bytearray])
def test_bytes_are_read_as_a_file(as_source) -> None:
    np.testing.assert_array_equal(read_image(as_source(PNG)), RGB)


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, RGB),
        (2, RGB[:, ::-1]),
        (3, RGB[::-1, ::-1]),
        (4, RGB[::-1]),
        (5, RGB.transpose(1, 0, 2)),
        (6, np.rot90(RGB, -1)),
        (8, np.rot90(RGB)),
    ],
)
def test_an_exif_rotation_is_applied(orientation: int, turned: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(RGB), exif=exif)), turned)


ARRAYS = {
    "(h, w)": (GREY, grey_rgb(GREY)),
    "(h, w, 1)": (GREY[..., None], grey_rgb(GREY)),
    "(h, w, 3)": (RGB, RGB),
    "(h, w, 4)": (np.dstack([RGB, ALPHA]), left_white(RGB)),
    "int64": (RGB.astype(np.int64), RGB),
    "nested lists": (RGB.tolist(), RGB),
    "float16": ((RGB / 255).astype(np.float16), RGB),
    "float32": ((RGB / 255).astype(np.float32), RGB),
    "float64": (RGB / 255, RGB),
    "between two bytes": (np.full((8, 8), 0.999), np.full((8, 8, 3), 255)),  # 254.7 of 255
    "float (h, w, 4)": (np.dstack([RGB, ALPHA]) / 255, left_white(RGB)),
    "not contiguous": (RGB[::-1, 4:], RGB[::-1, 4:]),
    "smallest": (RGB[:8, :8], RGB[:8, :8]),
}


@pytest.mark.parametrize(("array", "expected"), ARRAYS.values(), ids=ARRAYS)
def test_an_array_of_bytes_or_of_floats_to_1_is_read_exactly(array, expected) -> None:
    np.testing.assert_array_equal(read_image(array), expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"no such file$"),
        (b"", r"is empty: expected an image file$"),
        (b"a letter, not a picture\n" * 9, r"is not an image: expected one of AVIF, .*WEBP$"),
        (JPEG[:-20], r"is a damaged image: .*truncated"),
        (PNG[: len(PNG) // 2], r"is a damaged image: .*truncated"),
        (PNG[:20], r"is (a damaged|not an) image"),
        (png_of_size(1, 1), r"is 1x1 pixels: expected at least 8x8 and at most 64 million in all$"),
        (png_of_size(100, 7), r"is 100x7 pixels: expected at least 8x8"),
        (png_of_size(9000, 9000), r"is 9000x9000 pixels: .* at most 64 million"),
        (png_of_size(11000, 11000), r"is 11000x11000 pixels: .* at most 64 million"),
        (png_of_size(20000, 20000), r"has over 64 million pixels$"),
    ],
    ids=[
        "missing", "empty", "text", "cut JPEG", "half a PNG", "header only", "1x1", "too low",
        "81 million", "121 million", "bomb",
    ],
)  # fmt: skip
def test_an_unusable_file_is_refused_by_its_path(tmp_path: Path, content, message: str) -> None:
    file = tmp_path / "picture"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{file}:? {message}"):
        read_image(file)


def test_a_device_is_refused() -> None:
    with pytest.raises(UserError, match="/dev/zero is a device"):  # it never ends
        read_image("/dev/zero")


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tiff"])
def test_of_several_pictures_in_a_file_the_first_is_taken_and_that_is_said(
    ending: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, other = Image.new("RGB", (9, 9), "white"), Image.new("RGB", (9, 9), "black")
    file = tmp_path / f"a.{ending}"
    first.save(file)
    assert (read_image(file) > 250).all()
    assert not caplog.text
    first.save(file, save_all=True, append_images=[other])
    assert (read_image(file) > 250).all()
    assert f"{file} holds several pictures, of which the first is taken" in caplog.text


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"^{tmp_path} is a folder: expected pictures' files"):
        read_image(tmp_path)


def test_a_path_with_a_null_byte_is_refused() -> None:
    with pytest.raises(UserError, match=r"cannot be read: embedded null byte$"):
        read_image("a\0b")


FLOATS = np.full((9, 9), 0.5)
SOURCES = {
    "None": (None, r"the NoneType should have shape \(height, width\) or .*, it has \(\)"),
    "int": (3, r"the int should have shape .*, it has \(\)"),
    "empty bytes": (b"", r"the bytes is not an image: expected one of"),
    "empty image": (Image.new("RGB", (0, 9)), r"the Image is 0x9 pixels: expected at least 8x8"),
    "ragged": ([[1], [1, 2]], r"the list has rows of different lengths"),
    "1 axis": (np.zeros(9), r"should have shape .*, it has \(9,\)"),
    "4 axes": (RGB[None], r"should have shape .*, it has \(1, 9, 12, 3\)"),
    "2 channels": (RGB[..., :2], r"should have shape .*, it has \(9, 12, 2\)"),
    "5 channels": (np.zeros((9, 9, 5)), r"should have shape .*, it has \(9, 9, 5\)"),
    "0 channels": (np.zeros((9, 9, 0)), r"should have shape .*, it has \(9, 9, 0\)"),
    "0 rows": (np.zeros((0, 9, 3)), r"is 9x0 pixels: expected at least 8x8"),
    "0 columns": (np.zeros((9, 0)), r"is 0x9 pixels"),
    "too small": (RGB[:7], r"is 12x7 pixels"),
    "too large": (np.broadcast_to(np.uint8(0), (9000, 9000)), r"is 9000x9000 pixels: .* million"),
    "NaN": (np.where(np.eye(9), np.nan, FLOATS), r"holds NaN or infinity"),
    "infinity": (np.where(np.eye(9), np.inf, FLOATS), r"holds NaN or infinity"),
    "floats to 255": (FLOATS * 510, r"of floats should lie in 0\.\.1, it spans 255\.\.255"),
    "floats below 0": (FLOATS - 1, r"of floats should lie in 0\.\.1, it spans -0\.5\.\.-0\.5"),
    "integers above 255": (RGB.astype(int) + 1, r"of integers should lie in 0\.\.255, .*\.\.256"),
    "integers below 0": (RGB.astype(int) - 1, r"should lie in 0\.\.255, it spans -1\.\.254"),
    "bool": (FLOATS > 0, r"should be integers 0\.\.255 or floats 0\.\.1, it is bool"),
    "complex": (FLOATS + 0j, r"should be integers .*, it is complex128"),
    "spans of time": (RGB.astype("m8[s]"), r"should be integers .*, it is timedelta64\[s\]"),
    "str": (np.full((9, 9), "a"), r"should be integers .*, it is <U1"),
    "object": (np.full((9, 9), None), r"should be integers .*, it is object"),
}


@pytest.mark.parametrize(("source", "message"), SOURCES.values(), ids=SOURCES)
def test_what_is_no_picture_is_refused_with_expected_and_received(source, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_image(source)


def test_an_error_carries_the_given_name() -> None:
    with pytest.raises(UserError, match=r"^upload 3 is not an image"):
        read_image(b"text", "upload 3")


def mutated(content: bytes, rng: random.Random) -> bytes:
    """`content` with some bytes changed, inserted or removed, or cut off."""
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(damaged))
        match rng.randrange(4):
            case 0:
                damaged[place] = rng.randrange(256)
            case 1:
                damaged[place:place] = rng.randbytes(rng.randint(1, 8))
            case 2:
                del damaged[place : place + rng.randint(1, 8)]
            case 3:
                del damaged[max(1, place) :]
    return bytes(damaged)


@pytest.mark.parametrize(
    "file_format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "DDS", "AVIF"]
)
def test_a_damaged_file_is_a_picture_or_a_user_error(file_format: str) -> None:
    rng, refused = random.Random(0), 0
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if file_format in ("PNG", "JPEG", "WEBP") else {}
    content = encoded(Image.fromarray(BLOCKS), file_format, **options)
    for _ in range(200):
        try:
            read = read_image(mutated(content, rng))
        except UserError:
            refused += 1
        else:
            assert (read.dtype, read.ndim, read.shape[-1]) == (np.uint8, 3, 3)
    assert refused > 20, "the mutations should damage some files beyond reading"


def test_a_tiff_whose_offset_is_a_fraction_is_a_damaged_image() -> None:
    content = bytearray(encoded(Image.fromarray(RGB), "TIFF"))
    # The tag of strip offsets and its type: 5 is a fraction, and not the 4 of a number.
    content[content.index(struct.pack("<HH", 0x0111, 4)) + 2] = 5
    with pytest.raises(UserError, match="the bytes is a damaged image"):
        read_image(bytes(content))


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "data:;base64,"])
def test_base64_is_read_with_or_without_a_data_url_prefix(prefix: str) -> None:
    assert read_base64(prefix + base64.b64encode(PNG).decode()) == PNG


@pytest.mark.parametrize("text", ["no base64!", "aGk", "data:image/png;base64,?", "é" * 4])
def test_other_text_than_base64_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^expected an image file as base64 text, received other"):
        read_base64(text)


def test_resize_to_the_same_size_returns_the_same_pixels() -> None:
    square = RGB[:, :HEIGHT]
    assert resize(square, HEIGHT) is square


@pytest.mark.parametrize("size", [8, 13, 64])
def test_a_constant_picture_stays_constant_at_any_size(size: int) -> None:
    resized = resize(np.full((21, 34, 3), [3, 130, 255], np.uint8), size)
    assert resized.shape == (size, size, 3)
    assert (resized == [3, 130, 255]).all()


def test_resizing_stretches_and_keeps_an_edge_in_its_place() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 30:] = 200
    resized = resize(wide, 8)
    assert resized.shape == (8, 8, 3)
    assert (resized[:, :5] == 0).all()
    assert (resized[:, 7:] == 200).all()


def test_shrinking_averages_instead_of_picking_pixels() -> None:
    checkered = np.indices((64, 64)).sum(axis=0) % 2 * 200
    shrunk = resize(grey_rgb(checkered.astype(np.uint8)), 8)
    assert np.abs(shrunk.astype(int) - 100).max() <= 2


def test_the_pixel_limit_is_below_the_one_at_which_pillow_warns() -> None:
    assert Image.MAX_IMAGE_PIXELS is not None
    assert images.MAX_PIXELS < Image.MAX_IMAGE_PIXELS
