"""Media fetched by us, through the guard: only from where it may come, no more bytes than may be,
within a deadline. A file is on disk while a flow needs it; of what the platform fetches itself,
only the first bytes are read."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Final
from urllib.parse import urljoin
from uuid import UUID

import httpx

from domain.content import Media
from domain.failures import Rejected, Unavailable
from domain.limits import plain_type
from platforms.flow import MediaFacts, Seen
from platforms.guard import Way
from platforms.probe import HEAD, probe, probe_file, real_type

MAX_BYTES: Final = 5 * 1024**3
MAX_REDIRECTS: Final = 3
MAX_WAYS: Final = 3
MAX_RANGES: Final = 8
CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 15.0
FETCH_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 10.0
LOOKS_SECONDS: Final = 30.0
IN_MEMORY: Final = 4 * 1024**2
BLOCK: Final = 256 * 1024
READ_AHEAD: Final = 64 * 1024
GONE: Final = frozenset({404, 410})
_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One media, ready to be read again and again."""

    file: IO[bytes]
    facts: MediaFacts

    def blocks(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes from ``first`` up to and with ``last``."""
        self.file.seek(first)
        left = last - first + 1
        while left > 0 and (block := self.file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


@dataclass(slots=True)
class MediaStore:
    """The media of one run of one flow; closing it removes the files. ``find`` is the guard: the
    ways to a URL that may be used. The times are in seconds."""

    client: httpx.Client
    find: Callable[[str], Sequence[Way]]
    max_bytes: int = MAX_BYTES
    fetch_seconds: float = FETCH_SECONDS
    look_seconds: float = LOOK_SECONDS
    fetched: dict[UUID, Fetched] = field(default_factory=dict)
    looks_until: float | None = None

    def get(self, media: Media) -> Fetched:
        """Raises `Rejected` for what may not or cannot be fetched, `Unavailable` when its host
        does not answer, or not in time."""
        if media.id not in self.fetched:
            self.fetched[media.id] = self._fetch(media.url)
        return self.fetched[media.id]

    def look(self, media: Media) -> Seen:
        """What the first bytes tell, and the header of a film wherever it stands. A small file is
        kept for `get`. Hosts that do not answer in time, refuse us or serve no ranges leave things
        unknown. Raises `Rejected` for an address that may not be used, or where nothing is."""
        now = time.monotonic()
        self.looks_until = self.looks_until or now + LOOKS_SECONDS
        until = min(now + self.look_seconds, self.looks_until)
        try:
            return self._look(media, until)
        except Unavailable:
            return Seen()

    def close(self) -> None:
        for fetched in self.fetched.values():
            fetched.file.close()

    def _fetch(self, url: str) -> Fetched:
        until = time.monotonic() + self.fetch_seconds
        with closing(self._open(url, {}, until)[0]) as answer:
            if answer.status_code >= 500:
                raise Unavailable(f"the media's host answered HTTP {answer.status_code}")
            if answer.status_code != 200:
                raise _refused(answer.status_code)
            if int(_number(answer.headers.get("content-length")) or 0) > self.max_bytes:
                raise self._too_large()
            with ExitStack() as on_failure:
                file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  kept
                on_failure.callback(file.close)
                size = 0
                for block in _blocks(answer, until):
                    size += len(block)
                    if size > self.max_bytes:
                        raise self._too_large()
                    file.write(block)
                seen = probe_file(file, size)
                on_failure.pop_all()
        declared = plain_type(answer.headers.get("content-type", "application/octet-stream"))
        return Fetched(file, MediaFacts(size, seen.mime_type or declared, seen))

    def _too_large(self) -> Rejected:
        return Rejected(f"the media is larger than {self.max_bytes} bytes", item="media")

    def _look(self, media: Media, until: float) -> Seen:
        answer, url = self._open(media.url, _range(0, HEAD), until)
        with closing(answer):
            if answer.status_code in GONE:
                raise _refused(answer.status_code)
            if answer.status_code not in (200, 206):
                return Seen()
            ranged = _RANGE.fullmatch(answer.headers.get("content-range", ""))
            length = ranged[2] if ranged else answer.headers.get("content-length")
            head = _first(answer, HEAD, until)
        size = _number(length)
        if size is None and len(head) < HEAD:
            size = len(head)
        if size == len(head):
            return self._keep(media, head, answer)
        source = _Remote(self, url, head, size, until, served=bool(ranged))
        try:
            return probe(source)
        except _OutOfReach:
            return Seen(real_type(head), size)

    def _keep(self, media: Media, content: bytes, answer: httpx.Response) -> Seen:
        file = BytesIO(content)
        seen = probe_file(file, len(content))
        declared = plain_type(answer.headers.get("content-type", "application/octet-stream"))
        facts = MediaFacts(len(content), seen.mime_type or declared, seen)
        self.fetched[media.id] = Fetched(file, facts)
        return seen

    def _open(
        self, url: str, headers: Mapping[str, str], until: float
    ) -> tuple[httpx.Response, str]:
        """The answer of the last of the redirects, every one of them judged, and its URL. The
        caller closes the answer."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._reach(self.find(url), headers, until)
            if not answer.has_redirect_location:
                return answer, url
            answer.close()
            url = urljoin(url, answer.headers["location"])
        raise Rejected("the media's URL redirects too often", item="media")

    def _reach(
        self, found: Sequence[Way], headers: Mapping[str, str], until: float
    ) -> httpx.Response:
        """No connection is kept: the next name at this address is not to be spoken to over it."""
        why = ""
        for way in found[:MAX_WAYS]:
            left = max(until - time.monotonic(), 0.001)
            request = self.client.build_request(
                "GET",
                way.url,
                headers={
                    **headers,
                    **way.headers,
                    "accept-encoding": "identity",
                    "connection": "close",
                },
                timeout=httpx.Timeout(
                    min(left, SILENT_SECONDS), connect=min(left, CONNECT_SECONDS)
                ),
                extensions=dict(way.extensions),
            )
            try:
                return self.client.send(request, stream=True, follow_redirects=False)
            except httpx.TransportError as fault:
                why = type(fault).__name__
        raise Unavailable(f"the media host {found[0].host} did not answer ({why})")


@dataclass(slots=True)
class _Remote:
    """A file on its host, read in ranges; at most `MAX_RANGES` of them."""

    store: MediaStore
    url: str
    block: bytes
    size: int | None
    until: float
    served: bool
    start: int = 0
    ranges: int = 0

    def read(self, offset: int, length: int) -> bytes:
        if self.size is not None:
            length = min(length, self.size - offset)
        if not self.start <= offset <= offset + length <= self.start + len(self.block):
            self.block, self.start = self._range(offset, max(length, READ_AHEAD)), offset
        return self.block[offset - self.start :][:length]

    def _range(self, offset: int, length: int) -> bytes:
        self.ranges += 1
        if not self.served or self.size is None or self.ranges > MAX_RANGES:
            raise _OutOfReach
        answer, _ = self.store._open(self.url, _range(offset, length), self.until)  # noqa: SLF001
        with closing(answer):
            ranged = _RANGE.fullmatch(answer.headers.get("content-range", ""))
            if answer.status_code != 206 or ranged is None or int(ranged[1]) != offset:
                raise _OutOfReach
            return _first(answer, length, self.until)


class _OutOfReach(Exception):
    """The host does not serve this range."""


def _blocks(answer: httpx.Response, until: float) -> Iterator[bytes]:
    """The body as it comes, never unpacked."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Rejected("the media's host sends it compressed; serve it as it is", item="media")
    count = 0
    try:
        for block in answer.iter_raw():
            if time.monotonic() > until:
                raise Unavailable(f"the media came too slowly: {count} bytes in time")
            count += len(block)
            yield block
    except httpx.TransportError as fault:
        words = f"the media broke off after {count} bytes ({type(fault).__name__})"
        raise Unavailable(words) from None


def _first(answer: httpx.Response, most: int, until: float) -> bytes:
    head = bytearray()
    for block in _blocks(answer, until):
        head += block
        if len(head) >= most:
            break
    return bytes(head[:most])


def _refused(status: int) -> Rejected:
    words = f"the media cannot be fetched: its host answered HTTP {status}"
    return Rejected(words, item="media", status=status)


def _range(offset: int, length: int) -> Mapping[str, str]:
    return {"range": f"bytes={offset}-{offset + length - 1}"}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 18 else None
