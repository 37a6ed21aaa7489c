"""What a file is, told by its own bytes: type, size of the picture, length, frames, codec.

Pillow reads the headers of images; pixels are decoded only where nothing else shows that a file is
cut off, and never more of them than `MOST_PIXELS`, for a small file can unfold to gigabytes.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import IO, Any, Final

from PIL import Image

from platforms.boxes import Malformed, Source, read_film
from platforms.flow import Seen

HEAD: Final = 256 * 1024
MOST_PIXELS: Final = 50_000_000
MOST_BYTES: Final = 64 * 1024**2
# Frames are counted one by one; a larger file could hold millions.
MOST_MOVING: Final = 16 * 1024**2
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "MPO")
ORIENTATION: Final = 0x0112
FILMS: Final = frozenset({"video/mp4", "video/quicktime"})
TURNED: Final = frozenset({5, 6, 7, 8})
# The first bytes of a file, and what it then is.
STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
)
BRANDS: Final = {b"qt  ": "video/quicktime", b"avif": "image/avif"}
HEIF: Final = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"hevc"})
# Our own limit stands before every decoding; Pillow's warns instead of refusing.
Image.MAX_IMAGE_PIXELS = None
_one_at_a_time: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of ``size`` bytes on disk or in memory."""

    file: IO[bytes]
    size: int

    def read(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)


def probe(source: Source) -> Seen:
    """Looks at the headers, and at all of a file that is no larger than `HEAD`. Never raises for
    what the bytes are; whatever ``source.read`` raises passes."""
    head = source.read(0, HEAD)
    mime_type = real_type(head)
    if mime_type in FILMS:
        return _film(source, mime_type, len(head))
    if mime_type is None or not mime_type.startswith("image/"):
        return Seen(mime_type, source.size)
    return _image(head, source.size, mime_type, whole=source.size == len(head))


def probe_file(file: IO[bytes], size: int) -> Seen:
    """Looks at a whole file: also whether an image can be read to its end."""
    source = FileSource(file, size)
    mime_type = real_type(source.read(0, HEAD))
    if mime_type in FILMS:
        return _film(source, mime_type, None)
    if mime_type is None or not mime_type.startswith("image/") or size > MOST_BYTES:
        return probe(source)
    return _image(source.read(0, size), size, mime_type, whole=True)


def real_type(head: bytes) -> str | None:
    """The media type that the first bytes tell; None: not one that is known here."""
    for start, named in STARTS:
        if head.startswith(start):
            return named
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and head[6:10] == b"\x00" * 4:
        return "image/bmp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "image/heic" if brand in HEIF else BRANDS.get(brand, "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    start = head[:256].lstrip().lower()
    return "text/html" if start.startswith((b"<!doctype html", b"<html")) else None


def _film(source: Source, mime_type: str | None, reach: int | None) -> Seen:
    try:
        film = read_film(source, reach)
    except Malformed as fault:
        return Seen(mime_type, source.size, fault=str(fault))
    return Seen(
        mime_type,
        source.size,
        width=film.width,
        height=film.height,
        duration=film.seconds,
        codec=film.codec,
    )


def _image(data: bytes, size: int | None, mime_type: str, *, whole: bool) -> Seen:
    if mime_type == "image/webp" and size is not None:
        announced = int.from_bytes(data[4:8], "little") + 8
        if announced > size:
            words = f"it is cut off: {announced} bytes announced, {size} there"
            return Seen(mime_type, size, fault=words)
    moving = whole and mime_type in ("image/gif", "image/webp") and len(data) <= MOST_MOVING
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = _shown(image)
            frames = int(getattr(image, "n_frames", 1)) if moving else None
            fault = "it is cut off or damaged" if whole and not _is_sound(image) else None
    except Exception as found:  # noqa: BLE001  a hostile file can make a parser raise anything
        words = f"it cannot be read as {mime_type} ({type(found).__name__})"
        return Seen(mime_type, size, fault=words if whole else None)
    return Seen(mime_type, size, width, height, frames=frames, fault=fault)


def _shown(image: Any) -> tuple[int, int]:
    """Width and height, turned as a camera asked for."""
    width, height = image.size
    if image.format in ("JPEG", "MPO") and image.getexif().get(ORIENTATION) in TURNED:
        return height, width
    return width, height


def _is_sound(image: Any) -> bool:
    """Whether the image can be read to its end. PNG says it by its checksums; JPEG has to be
    decoded, at an eighth of its size; of the others it is not asked."""
    width, height = image.size
    try:
        if image.format == "PNG":
            image.verify()
        elif image.format in ("JPEG", "MPO") and width * height <= MOST_PIXELS:
            with _one_at_a_time:
                image.draft("RGB", (width // 8, height // 8))
                image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True
