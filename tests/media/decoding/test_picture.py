from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, features

from mien.errors import MediaError
from mien.media.decoding import door, picture
from mien.media.decoding.open import probe
from mien.media.decoding.picture import read_image
from tests.media.clips import beep, write_clip


def ramp(white: float, kind: type[np.generic]) -> np.ndarray:
    """Grey from black on the left to white on the right, (40, 64)."""
    return np.tile(np.linspace(0, white, 64), (40, 1)).astype(kind)


SHOWN = np.repeat(ramp(255, np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("white", "kind", "ending"),
    [
        (65_535, np.uint16, "png"),
        (4_095, np.uint16, "png"),
        (1_023, np.uint16, "tif"),
        (1.0, np.float32, "tif"),
        (255.0, np.float32, "tif"),
        (70_000, np.int32, "tif"),
    ],
)
def test_any_depth_of_grey_is_shown_from_black_to_white(
    tmp_path: Path, white: float, kind: type[np.generic], ending: str
) -> None:
    path = tmp_path / f"p.{ending}"
    Image.fromarray(ramp(white, kind)).save(path)
    assert np.abs(read_image(path).astype(int) - SHOWN).max() <= 2


def test_holes_in_floating_point_are_black(tmp_path: Path) -> None:
    values = ramp(1.0, np.float32)
    values[:, 32] = np.nan
    Image.fromarray(values).save(tmp_path / "p.tif")
    pixels = read_image(tmp_path / "p.tif")
    assert pixels[0, 32].tolist() == [0, 0, 0]
    assert pixels[0, 63].tolist() == [255, 255, 255]


def test_printing_colours_and_transparent_ones_become_those_that_people_see(tmp_path: Path) -> None:
    red = Image.new("RGB", (32, 32), (230, 20, 30))
    red.convert("CMYK").save(tmp_path / "p.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "p.jpg").astype(int) - (230, 20, 30)).max() < 12
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(tmp_path / "p.png")
    assert read_image(tmp_path / "p.png").min() == 255


def test_sixteen_bits_of_colour_are_read_by_ffmpeg(tmp_path: Path) -> None:
    """Pillow does not know this kind of TIFF."""
    with av.open(str(tmp_path / "p.tif"), "w", format="image2") as container:
        out = container.add_stream("tiff", rate=1)
        out.width, out.height, out.pix_fmt = 64, 40, "rgb48le"
        frame = av.VideoFrame.from_ndarray((SHOWN.astype(np.uint16) * 257), format="rgb48le")
        container.mux(out.encode(frame))
        container.mux(out.encode(None))
    assert probe(tmp_path / "p.tif").kind == "image"
    assert np.abs(read_image(tmp_path / "p.tif").astype(int) - SHOWN).max() <= 2


def test_a_photo_in_heic_is_read(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    shown = Image.new("RGB", (320, 640), "black")
    shown.paste((255, 255, 255), (0, 0, 320, 320))
    try:
        shown.save(tmp_path / "p.heic", quality=90)
    except (RuntimeError, OSError) as error:
        pytest.skip(f"this libheif cannot write: {error}")
    assert probe(tmp_path / "p.heic").kind == "image"
    pixels = read_image(tmp_path / "p.heic")
    assert pixels.shape == (640, 320, 3)
    assert pixels[:300].mean() > 200
    assert pixels[340:].mean() < 50


def test_a_large_heic_is_read_whole_and_a_larger_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg, which reads other large pictures with less memory, would give one tile of it."""
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    try:
        Image.fromarray(SHOWN).resize((640, 400)).save(tmp_path / "p.heic")
    except (RuntimeError, OSError) as error:
        pytest.skip(f"this libheif cannot write: {error}")
    monkeypatch.setattr("mien.media.decoding.picture._LARGE", 1000)
    monkeypatch.setattr("mien.media.decoding.picture._by_ffmpeg", lambda *_args, **_more: pytest.fail("one tile"))
    assert read_image(tmp_path / "p.heic").shape == (400, 640, 3)
    monkeypatch.setattr("mien.media.decoding.picture._MAX_HEIF", 200_000)
    with pytest.raises(MediaError, match="has 640 x 400 pixels; scale it below 0 megapixels"):
        read_image(tmp_path / "p.heic")


@pytest.mark.skipif(
    "avif" not in features.modules or not features.check("avif"), reason="this Pillow cannot write AVIF"
)
def test_a_photo_in_avif_is_read(tmp_path: Path) -> None:
    Image.fromarray(SHOWN).resize((640, 400)).save(tmp_path / "p.avif")
    assert probe(tmp_path / "p.avif").kind == "image"
    assert read_image(tmp_path / "p.avif").shape == (400, 640, 3)


def test_a_photo_of_120_megapixels_is_scaled_while_it_is_decoded(tmp_path: Path) -> None:
    Image.new("L", (12_000, 10_000), 128).save(tmp_path / "p.jpg")
    assert read_image(tmp_path / "p.jpg").shape == (4472, 5366, 3)


def test_a_large_picture_that_is_no_jpeg_is_scaled_by_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_LARGE", 100_000)
    monkeypatch.setattr(picture, "_WANTED", 50_000)
    exif = Image.Exif()
    exif[0x0112] = 6
    shown = Image.new("RGB", (600, 300), "black")
    shown.paste((255, 255, 255), (0, 0, 300, 300))
    shown.save(tmp_path / "p.png", exif=exif)
    pixels = read_image(tmp_path / "p.png")
    assert pixels.shape == (316, 158, 3)
    assert pixels[:150].mean() > 200
    assert pixels[170:].mean() < 50


def test_too_large_pictures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_PIXELS", 100)
    Image.new("L", (12, 10)).save(tmp_path / "p.png")
    with pytest.raises(MediaError, match="12 x 10 pixels; scale it below"):
        read_image(tmp_path / "p.png")


def test_a_video_of_a_moment_is_a_picture(tmp_path: Path) -> None:
    still = [np.full((48, 64, 3), 200, np.uint8)]
    one = write_clip(tmp_path / "one.mp4", still, None)
    assert probe(one).kind == "image"
    assert read_image(one).mean() == pytest.approx(200, abs=3)
    assert probe(write_clip(tmp_path / "long.mp4", still * 30, None)).kind == "video"
    assert probe(write_clip(tmp_path / "said.mp4", still, beep(1.0, 0.5))).kind == "video"
