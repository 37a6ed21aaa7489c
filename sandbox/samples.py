"""Media to publish, made on the spot: real pictures, and films with real headers."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Mapping

from PIL import Image

TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
}
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def kind_of(name: str) -> str:
    """The type by the end of a name."""
    return TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def make(name: str, query: Mapping[str, str]) -> bytes:
    """The file; the same name and query give the same bytes, another name others.

    ``width``, ``height`` and ``seconds`` shape it, ``bytes`` pads it to a size, ``cut`` leaves off
    so many bytes of its end.
    """
    kind = kind_of(name)
    film = kind.startswith("video/")
    width = int(query.get("width", 1080))
    height = int(query.get("height", 1920 if film else 1080))
    body = _make(name, kind, width, height, float(query.get("seconds", 10)))
    padded = _padded(body, kind, int(query.get("bytes", 0)))
    return padded[: len(padded) - int(query.get("cut", 0))]


@functools.lru_cache(maxsize=256)
def _make(name: str, kind: str, width: int, height: int, seconds: float) -> bytes:
    if kind.startswith("video/"):
        return film(name, kind, width, height, seconds)
    if kind.startswith("image/"):
        return picture(name, kind, width, height)
    return b"%PDF-1.4\n" + name.encode() + b"\n%%EOF\n"


def picture(name: str, kind: str, width: int, height: int) -> bytes:
    colour = tuple(name.encode().rjust(3, b"\0")[-7:-4].rjust(3, b"\x80"))
    buffer = io.BytesIO()
    form = kind.removeprefix("image/")
    Image.new("RGB", (width, height), colour).save(buffer, form)
    body = buffer.getvalue()
    if kind != "image/jpeg":
        return body
    remark = name.encode()[:60_000]
    return body[:2] + b"\xff\xfe" + struct.pack(">H", len(remark) + 2) + remark + body[2:]


def film(name: str, kind: str, width: int, height: int, seconds: float) -> bytes:
    """``ftyp``, ``moov`` with one track of H.264, and a little ``mdat``."""
    brand = b"qt  " if kind == "video/quicktime" else b"isom"
    length = int(seconds * 1000)
    movie = struct.pack(">IIIIIIHH8x", 0, 0, 0, 1000, length, 0x10000, 0x100, 0)
    movie += MATRIX + bytes(24) + struct.pack(">I", 2)
    track = struct.pack(">IIIIII8xHHHH", 7, 0, 0, 1, 0, length, 0, 0, 0, 0)
    track += MATRIX + struct.pack(">II", width << 16, height << 16)
    sample = bytes(6) + struct.pack(">H16xHHIII", 1, width, height, 0x480000, 0x480000, 0)
    sample += struct.pack(">H32xHh", 1, 24, -1)
    stsd = struct.pack(">II", 0, 1) + _box(b"avc1", sample)
    stts = struct.pack(">IIII", 0, 1, int(seconds * 30), 33)
    table = _box(b"stsd", stsd) + _box(b"stts", stts)
    header = struct.pack(">IIIIIHH", 0, 0, 0, 1000, length, 0x55C4, 0)
    handler = struct.pack(">II4s12x", 0, 0, b"vide") + b"\0"
    media = _box(b"mdhd", header) + _box(b"hdlr", handler) + _box(b"minf", _box(b"stbl", table))
    moov = _box(b"mvhd", movie) + _box(b"trak", _box(b"tkhd", track) + _box(b"mdia", media))
    start = _box(b"ftyp", brand + bytes(4) + brand)
    return start + _box(b"moov", moov) + _box(b"mdat", name.encode() * 20)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def _padded(body: bytes, kind: str, size: int) -> bytes:
    """As long as ``size`` at least, and still whole."""
    lacking = size - len(body)
    if lacking <= 0:
        return body
    if kind.startswith("video/"):
        filled = bytes(max(0, lacking - 8))
        return body + (_box(b"free", filled) if lacking >= 8 else bytes(lacking))
    return body + bytes(lacking)
