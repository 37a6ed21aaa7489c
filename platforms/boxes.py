"""What the headers of an MP4 or MOV file say (ISO/IEC 14496-12: ftyp, moov, mvhd, tkhd, stsd).

Pure and bounded: it reads ranges of bytes through a `Source`, never the pictures themselves, and
raises nothing of its own but `Malformed`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

MOST_BOXES: Final = 4096
LONGEST_HEADER: Final = 16 * 1024**2
NESTED: Final = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"mvex"})
CODECS: Final = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"dvh1": "hevc",
    b"dvhe": "hevc",
    b"vp08": "vp8",
    b"vp09": "vp9",
    b"av01": "av1",
    b"mp4v": "mpeg4",
    b"apch": "prores",
    b"apcn": "prores",
    b"ap4h": "prores",
}


class Source(Protocol):
    """Bytes that can be read in ranges. ``size`` is None when it is not known."""

    @property
    def size(self) -> int | None: ...

    def read(self, offset: int, length: int) -> bytes:
        """Fewer than ``length`` only at the end."""


class Malformed(Exception):
    """No player can read it; the message says why."""


@dataclass(frozen=True, slots=True)
class Film:
    """``width`` and ``height`` as shown, after the rotation; ``seconds`` long; None: not told."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None


def read_film(source: Source, reach: int | None = None) -> Film:
    """Raises `Malformed`, also for a file that ends too early. Behind ``reach`` nothing is read
    once the header is found."""
    found: Film | None = None
    offset = boxes = 0
    while source.size is None or offset < source.size:
        head = source.read(offset, 16)
        boxes += 1
        if len(head) < 8 or boxes > MOST_BOXES:
            break
        kind, header, length = _header(head, source.size, offset)
        if length < header:
            break
        if source.size is not None and offset + length > source.size:
            raise Malformed(
                f"it is cut off: {offset + length} bytes announced, {source.size} there"
            )
        if kind == b"moov":
            found = _film(_payload(source, offset + header, length - header))
        offset += length
        if found is not None and reach is not None and offset + 16 > reach:
            return found
    if found is None:
        raise Malformed("it has no header (moov) that tells its length and size")
    return found


def _header(head: bytes, size: int | None, offset: int) -> tuple[bytes, int, int]:
    """Kind, length of the header, length of the whole box."""
    length = int.from_bytes(head[:4], "big")
    if length == 1 and len(head) == 16:
        return head[4:8], 16, int.from_bytes(head[8:16], "big")
    if length == 0:
        return head[4:8], 8, LONGEST_HEADER if size is None else size - offset
    return head[4:8], 8, length


def _payload(source: Source, offset: int, length: int) -> bytes:
    if length > LONGEST_HEADER:
        raise Malformed(f"its header has {length} bytes")
    payload = source.read(offset, length)
    if len(payload) < length:
        raise Malformed("it is cut off within its header")
    return payload


def _film(moov: bytes) -> Film:
    seconds: float | None = None
    shown = Film()
    timescale = 0
    for kind, body in _walk(moov):
        match kind:
            case b"mvhd":
                timescale, ticks = _times(body)
                seconds = ticks / timescale if timescale and ticks else None
            case b"mehd" if timescale and not seconds:
                wide = body[:1] == b"\x01"
                seconds = (_number(body, 4, 8 if wide else 4) / timescale) or None
            case b"tkhd" if shown.codec is None:
                shown = _track(body)
            case b"stsd" if shown.codec is None and shown.width:
                shown = Film(None, shown.width, shown.height, _codec(body))
    return Film(seconds, shown.width, shown.height, shown.codec)


def _walk(moov: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every box that holds no others, in order; at most `MOST_BOXES`."""
    left = [(0, len(moov))]
    for _ in range(MOST_BOXES):
        if not left:
            return
        offset, end = left.pop()
        if offset + 8 > end:
            continue
        kind, header, length = _header(moov[offset : offset + 16], end, offset)
        stop = offset + length
        if length < header or stop > end:
            continue
        left.append((stop, end))
        if kind in NESTED:
            left.append((offset + header, stop))
        else:
            yield kind, moov[offset + header : stop]


def _times(mvhd: bytes) -> tuple[int, int]:
    """Ticks a second, and ticks in all; all ones mean that the length is not known."""
    if mvhd[:1] == b"\x01":
        ticks = _number(mvhd, 24, 8)
        return _number(mvhd, 20, 4), 0 if ticks == 2**64 - 1 else ticks
    ticks = _number(mvhd, 16, 4)
    return _number(mvhd, 12, 4), 0 if ticks == 2**32 - 1 else ticks


def _track(tkhd: bytes) -> Film:
    """Width and height stand behind a matrix, which turns the picture by quarters. A track without
    a size is no picture."""
    matrix = 52 if tkhd[:1] == b"\x01" else 40
    if len(tkhd) < matrix + 44:
        return Film()
    a, b, _, c, d = struct.unpack_from(">5i", tkhd, matrix)
    width, height = (size >> 16 for size in struct.unpack_from(">2I", tkhd, matrix + 36))
    if not width or not height:
        return Film()
    turned = a == 0 and d == 0 and b != 0 and c != 0
    return Film(None, height, width) if turned else Film(None, width, height)


def _codec(stsd: bytes) -> str | None:
    name = stsd[12:16]
    if name in CODECS:
        return CODECS[name]
    return name.decode("ascii").strip().lower() if name.isalnum() and name.isascii() else None


def _number(data: bytes, offset: int, length: int) -> int:
    """0 when the data end before it."""
    return (
        int.from_bytes(data[offset : offset + length], "big") if len(data) >= offset + length else 0
    )
