"""What a file is, told by its bytes alone."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from platforms.flow import Seen
from platforms.probe import FileSource, probe, probe_file
from tests.platforms.files import film, image, moving


def seen(data: bytes) -> Seen:
    return probe_file(io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (image("JPEG"), "image/jpeg"),
        (image("PNG"), "image/png"),
        (image("WEBP"), "image/webp"),
        (image("BMP"), "image/bmp"),
        (image("TIFF"), "image/tiff"),
        (moving(), "image/gif"),
    ],
)
def test_images_are_known_by_their_bytes(data: bytes, mime_type: str):
    found = seen(data)
    assert (found.mime_type, found.size, found.fault) == (mime_type, len(data), None)
    assert (found.width, found.height) in [(40, 30), (20, 10)]


@pytest.mark.parametrize(("kind", "frames"), [("GIF", 5), ("GIF", 1), ("WEBP", 5)])
def test_frames_tell_a_moving_image_from_a_still_one(kind: str, frames: int):
    assert seen(moving(kind, frames)).frames == frames


def test_an_image_is_measured_as_it_is_shown():
    turned = Image.Exif()
    turned[0x0112] = 6
    found = seen(image(exif=turned))
    assert (found.width, found.height) == (30, 40)


def test_a_film_is_measured():
    data = film(brand=b"qt  ")
    assert seen(data) == Seen("video/quicktime", len(data), 1080, 1920, 10, codec="h264")


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\n<!DOCTYPE html><p>Sign in</p>", "text/html"),
        (b"\x1a\x45\xdf\xa3\x01\x42\x82\x84webm", "video/webm"),
        (struct.pack(">I4s4s", 16, b"ftyp", b"heic") + bytes(4), "image/heic"),
        (bytes(1000), None),
        (b"", None),
    ],
)
def test_other_files_are_told_or_left_alone(data: bytes, mime_type: str | None):
    assert seen(data).mime_type == mime_type


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.5, 0.99])
def test_an_image_that_is_cut_off_is_found_out(kind: str, share: float):
    whole = image(kind, (200, 200))
    assert seen(whole).fault is None
    assert seen(whole[: int(len(whole) * share)]).fault


def test_a_film_that_is_cut_off_is_found_out():
    assert "cut off" in (seen(film()[:-1000]).fault or "")


def test_a_small_file_that_unfolds_to_gigabytes_is_measured_but_not_unfolded():
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    parts = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    found = seen(bomb)
    assert (found.width, found.height, found.fault) == (100_000, 100_000, None)


STARTS = [image("JPEG"), image("PNG"), moving(), image("WEBP"), image("TIFF"), film(data=50)]


@given(st.sampled_from(STARTS), st.integers(0, 400), st.binary(max_size=8), st.integers(0, 2000))
def test_no_damage_makes_it_fail(data: bytes, place: int, damage: bytes, end: int):
    broken = (data[:place] + damage + data[place + len(damage) :])[:end]
    for found in (seen(broken), probe(FileSource(io.BytesIO(broken), len(broken)))):
        assert found.size == len(broken)
