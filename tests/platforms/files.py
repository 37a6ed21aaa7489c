"""Real small files, made on the spot: images by Pillow, films from their boxes."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image

TURNED = (0, 0x10000, 0, -0x10000, 0)
UPRIGHT = (0x10000, 0, 0, 0, 0x10000)


def image(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    """Noise compresses badly, so that the file has some bytes."""
    file = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(file, kind, **more)
    return file.getvalue()


def moving(kind: str = "GIF", frames: int = 3) -> bytes:
    file = io.BytesIO()
    shades = [Image.new("RGB", (20, 10), (shade, 0, 0)) for shade in range(0, frames * 20, 20)]
    shades[0].save(file, kind, save_all=True, append_images=shades[1:])
    return file.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def film(
    seconds: float = 10,
    size: tuple[int, int] = (1080, 1920),
    *,
    codec: bytes = b"avc1",
    matrix: tuple[int, int, int, int, int] = UPRIGHT,
    brand: bytes = b"isom",
    header_first: bool = True,
    data: int = 100_000,
    wide: bool = False,
) -> bytes:
    """An MP4 with a sound track and a picture track; ``wide`` writes 64-bit times."""
    a, b, c, d, e = matrix
    turn = struct.pack(">9i", a, b, 0, d, e, 0, 0, 0, 0x40000000) if c == 0 else b""
    times = struct.pack(">QQIQ", 0, 0, 1000, int(seconds * 1000))
    narrow = struct.pack(">IIII", 0, 0, 1000, int(seconds * 1000))
    mvhd = (b"\1\0\0\0" + times if wide else b"\0\0\0\0" + narrow) + bytes(80)
    sound = box(b"trak", box(b"tkhd", bytes(84)), _media(b"mp4a"))
    placed = (b"\1\0\0\7" + bytes(48) if wide else b"\0\0\0\7" + bytes(36)) + turn
    picture = struct.pack(">2I", size[0] << 16, size[1] << 16)
    seen = box(b"trak", box(b"tkhd", placed, picture), _media(codec))
    header = box(b"moov", box(b"mvhd", mvhd), sound, seen)
    pictures = box(b"mdat", bytes(data))
    parts = (header, pictures) if header_first else (pictures, header)
    return box(b"ftyp", brand, bytes(4), b"isom") + b"".join(parts)


def _media(codec: bytes) -> bytes:
    stsd = box(b"stsd", struct.pack(">II", 0, 1), box(codec, bytes(78)))
    return box(b"mdia", box(b"minf", box(b"stbl", stsd)))
