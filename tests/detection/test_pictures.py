"""Pictures are fitted as Darknet fits them: values by hand, a transcription, and Darknet itself."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fivenets.core.errors import UserError
from fivenets.detection import darknet_images, darknet_library, pictures, reading
from fivenets.detection.pictures import fit, inner


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def transcribed(image_rgb_uint8: np.ndarray, height: int, width: int, resize: str) -> np.ndarray:
    letterbox, stretch = darknet_images.letterbox_image, darknet_images.resize_image
    fitting = letterbox if resize == "letterbox" else stretch
    return fitting(image_rgb_uint8.astype(np.float32) / 255, width, height)


def test_corners_are_aligned() -> None:
    # 4 columns of 0, 60, 120, 240 as 7: at 0, 0.5, 1, ... 3 of them.
    columns = np.array([0, 60, 120, 240], np.uint8)
    image = np.tile(columns[None, :, None], (8, 1, 3))
    found = 255 * fit(image, 8, 7, "stretch")
    assert found[3, :, 0] == pytest.approx([0, 30, 60, 90, 120, 180, 240], abs=1e-3)


def test_shrinking_mixes_two_pixels_a_side_and_no_more() -> None:
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, 4] = 255  # the middle of 3 columns lies at 3.5
    assert fit(stripes, 8, 3, "stretch")[0, :, 0] == pytest.approx([0, 0.5, 0])


def test_a_letterbox_is_filled_with_half_and_cut_by_integers() -> None:
    fitted = fit(noise(100, 200), 50, 50, "letterbox")
    assert (fitted[:12] == 0.5).all()
    assert (fitted[37:] == 0.5).all()
    # 512 * 416 / 773 is 275.5; 773 * (416 / 773) in floating point is less than 416.
    assert inner((512, 773, 3), 416, 416, "letterbox") == (70, 0, 275, 416)


def test_letterboxes_have_darknets_sizes_at_every_width() -> None:
    for width in range(100, 4001):
        sides = (416, 512 * 416 // width) if width > 512 else (width * 416 // 512, 416)
        *_, height, across = inner((512, width, 3), 416, 416, "letterbox")
        assert (across, height) == sides, width


@pytest.mark.parametrize("resize", pictures.RESIZES)
@pytest.mark.parametrize("seed", range(12))
def test_any_size_is_within_a_grey_level_of_the_transcription(seed: int, resize: str) -> None:
    rng = np.random.default_rng(seed)
    image = noise(int(rng.integers(8, 300)), int(rng.integers(8, 300)), seed)
    height, width = (16 * int(side) for side in rng.integers(1, 12, 2))
    levels = 255 * np.abs(
        fit(image, height, width, resize) - transcribed(image, height, width, resize)
    )
    assert levels.max() < 0.01


def test_where_rounding_darkens_darknets_last_row_ours_is_dark_too() -> None:
    # 15 * float32(126 / 15) is a hair less than 126, and of row 125 nothing is left there.
    white = np.full((127, 253, 3), 255, np.uint8)
    found, theirs = fit(white, 16, 80, "stretch"), transcribed(white, 16, 80, "stretch")
    np.testing.assert_allclose(found, theirs, atol=1e-5)
    assert found[-1].max() < 0.01 < 0.99 < found[-2].min()


@pytest.mark.parametrize("size", [(8, 900), (900, 8), (8, 8)])
@pytest.mark.parametrize("resize", pictures.RESIZES)
def test_the_narrowest_pictures_are_fitted(size: tuple[int, int], resize: str) -> None:
    found = fit(noise(*size), 32, 64, resize)
    assert found.shape == (32, 64, 3)
    assert np.isfinite(found).all()


def test_one_channel_is_grey_and_a_fourth_is_opaque() -> None:
    image = np.full((10, 20, 3), (255, 0, 100), np.uint8)
    grey = (77 * 255 + 29 * 100) // 256 / 255
    assert fit(image, 8, 8, "stretch", channels=1)[4, 4].tolist() == pytest.approx([grey])
    found = fit(image, 8, 8, "letterbox", channels=4)
    assert found[4, 4].tolist() == pytest.approx([1, 0, 100 / 255, 1])
    assert found[0, 0].tolist() == [0.5] * 4
    with pytest.raises(UserError, match=r"takes 2 channels, and a picture has one of 1 .grey., 3"):
        fit(image, 8, 8, "stretch", channels=2)


def test_files_that_engines_read_alike_are_handed_over_and_others_as_png(tmp_path: Path) -> None:
    image = noise(20, 30)
    picture = Image.fromarray(image)
    given = [tmp_path / name for name in ("a.png", "b.jpg", "c.bmp", "grey.jpg")]
    for file in given[:3]:
        picture.save(file)
    picture.convert("L").save(given[3])
    others = [tmp_path / name for name in ("turned.jpg", "clear.png", "d.webp", "cmyk.jpg")]
    exif = Image.Exif()
    exif[reading.ORIENTATION] = 6
    picture.save(others[0], exif=exif)
    picture.convert("RGBA").save(others[1])
    picture.save(others[2])
    picture.convert("CMYK").save(others[3])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    files = reading.write([*given, *others, image], scratch)
    assert files[:4] == given
    assert [file.parent for file in files[4:]] == [scratch] * 5
    with Image.open(files[4]) as turned:
        assert turned.size == (20, 30)
    np.testing.assert_array_equal(np.asarray(Image.open(files[8])), image)
    assert [reading.is_lossless(file) for file in files] == [True, False, True, False] + [True] * 5


@pytest.mark.skipif(not darknet_library.library(), reason="Debian's package darknet is absent")
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("resize", pictures.RESIZES)
def test_darknet_itself_reads_and_fits_files_so(tmp_path: Path, resize: str, channels: int) -> None:
    sizes = [(100, 200), (256, 193), (31, 8)]
    images = [noise(*size) for size in sizes]
    files = [tmp_path / f"{index}.png" for index in range(len(images))]
    for image, file in zip(images, files, strict=True):
        Image.fromarray(image).save(file)
    theirs = reading.darknet_itself(files, (96, 160, channels), resize)
    for image, picture in zip(images, theirs, strict=True):
        assert 255 * np.abs(fit(image, 96, 160, resize, channels) - picture).max() < 0.01
