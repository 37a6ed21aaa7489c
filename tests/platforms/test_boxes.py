"""The headers of films are read as they stand, and nothing that a file holds does harm."""

from __future__ import annotations

import io
import math
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.boxes import Film, Malformed, read_film
from platforms.probe import FileSource
from tests.platforms.files import TURNED, box, film


def read(data: bytes) -> Film:
    return read_film(FileSource(io.BytesIO(data), len(data)))


def is_plausible(found: Film) -> bool:
    return all(
        told is None or 0 <= told < math.inf for told in (found.seconds, found.width, found.height)
    )


@pytest.mark.parametrize("header_first", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_length_size_and_codec_are_read_wherever_the_header_stands(
    *, header_first: bool, wide: bool
):
    data = film(12.5, (1080, 1920), header_first=header_first, wide=wide)
    assert read(data) == Film(12.5, 1080, 1920, "h264")


def test_a_film_that_is_turned_is_measured_as_it_is_shown():
    assert read(film(size=(1920, 1080), matrix=TURNED)) == Film(10, 1080, 1920, "h264")


@pytest.mark.parametrize(
    ("box_name", "codec"),
    [(b"hvc1", "hevc"), (b"vp09", "vp9"), (b"av01", "av1"), (b"XYZ1", "xyz1"), (b"\0\1\2\3", None)],
)
def test_codecs_are_named_as_people_name_them(box_name: bytes, codec: str | None):
    assert read(film(codec=box_name)).codec == codec


def test_a_film_in_fragments_tells_its_length_elsewhere():
    mvhd = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 0), bytes(80))
    mehd = box(b"mvex", box(b"mehd", struct.pack(">II", 0, 4500)))
    assert read(box(b"ftyp", b"isom") + box(b"moov", mvhd, mehd)).seconds == 4.5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no header"),
        (box(b"ftyp", b"isom") + box(b"mdat", bytes(50)), "no header"),
        (film()[:-1], "cut off: 100"),
        (film(header_first=False)[:-5], "cut off"),
        (film()[:300], "cut off"),
        (box(b"ftyp") + struct.pack(">I4sQ", 1, b"mdat", 2**62), "cut off"),
    ],
)
def test_what_no_player_can_read_is_said(data: bytes, words: str):
    with pytest.raises(Malformed, match=words):
        read(data)


def test_boxes_without_end_are_not_followed():
    began = time.monotonic()
    with pytest.raises(Malformed):
        read(box(b"free") * 1_000_000)
    read(box(b"moov", box(b"trak", b"") * 1_000_000))
    assert time.monotonic() - began < 5


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes):
    for candidate in (data, box(b"ftyp", b"isom") + box(b"moov", data)):
        try:
            found = read(candidate)
        except Malformed:
            continue
        assert is_plausible(found)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=12), st.integers(0, 700))
def test_a_damaged_film_is_read_or_refused(place: int, damage: bytes, end: int):
    data = bytearray(film(data=50))
    data[place : place + len(damage)] = damage
    try:
        found = read(bytes(data[:end]))
    except Malformed:
        return
    assert is_plausible(found)


@given(st.integers(0, 90_000), st.integers(1, 8000), st.integers(1, 8000))
def test_what_is_written_is_read(seconds: int, width: int, height: int):
    found = read(film(seconds, (width, height), data=0))
    assert found == Film(seconds or None, width, height, "h264")
