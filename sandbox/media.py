"""What a file is, read from its own bytes: pictures with Pillow, films by their boxes."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image

PICTURES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/mpo",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
DOCUMENTS: Final = {b"%PDF": "application/pdf", b"PK\x03\x04": "application/zip"}
ENDS: Final = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82", "image/gif": b";"}
UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Facts:
    """``whole`` is False for a file that ends too early; ``seconds`` is None for a picture."""

    type: str
    size: int
    digest: str
    whole: bool = True
    width: int = 0
    height: int = 0
    seconds: float | None = None

    @property
    def film(self) -> bool:
        return self.type.startswith("video/")

    @property
    def ratio(self) -> float:
        return self.width / self.height if self.height else 0.0


def read(body: bytes) -> Facts:
    """Never raises: what cannot be read is of an unknown type."""
    digest = hashlib.sha256(body).hexdigest()[:16]
    if body[4:8] == b"ftyp":
        return _film(body, digest)
    for start, kind in DOCUMENTS.items():
        if body.startswith(start):
            return Facts(kind, len(body), digest)
    try:
        with Image.open(io.BytesIO(body)) as picture:
            kind, (width, height) = PICTURES.get(picture.format or "", UNKNOWN), picture.size
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return Facts(UNKNOWN, len(body), digest, whole=False)
    whole = body.rstrip(b"\0").endswith(ENDS.get(kind, b""))
    return Facts(kind, len(body), digest, whole, width, height)


def _film(body: bytes, digest: str) -> Facts:
    kind = "video/quicktime" if body[8:12] == b"qt  " else "video/mp4"
    seconds, width, height, end, found = 0.0, 0, 0, 0, False
    try:
        for name, start, stop in _boxes(body, 0, len(body)):
            end = stop
            if name == b"moov":
                found = True
                seconds, width, height = _movie(body, start, stop)
    except struct.error:
        return Facts(kind, len(body), digest, whole=False)
    return Facts(kind, len(body), digest, found and end <= len(body), width, height, seconds)


def _movie(body: bytes, start: int, stop: int) -> tuple[float, int, int]:
    """Length, and the size of the largest track."""
    seconds, width, height = 0.0, 0, 0
    for name, at, end in _boxes(body, start, stop):
        if name == b"mvhd":
            seconds = _length(body, at)
        elif name == b"trak":
            for inner, _, inner_end in _boxes(body, at, end):
                if inner == b"tkhd":
                    across, down = struct.unpack_from(">II", body, inner_end - 8)
                    width, height = max(width, across >> 16), max(height, down >> 16)
    return seconds, width, height


def _length(body: bytes, at: int) -> float:
    layout, offset = (">IQ", 20) if body[at] == 1 else (">II", 12)
    scale, length = struct.unpack_from(layout, body, at + offset)
    return float(length / scale) if scale else 0.0


def _boxes(body: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the content and end of each box; the end may lie beyond the file."""
    while at + 8 <= stop:
        size, name = struct.unpack_from(">I4s", body, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", body, at + 8)
            head = 16
        end = at + size if size >= head else stop
        yield name, at + head, end
        at = end
