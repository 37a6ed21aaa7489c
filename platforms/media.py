"""Media fetched by us, through a guard: http(s) only, no private addresses unless allowed, and
no more bytes than expected. Kept in a temporary file while a flow needs it."""

from __future__ import annotations

import ipaddress
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import httpx

from domain.content import Media
from domain.failures import Rejected, Unavailable
from platforms.flow import MediaFacts

MAX_BYTES: Final = 5 * 1024**3
MAX_REDIRECTS: Final = 3
DEADLINE: Final = 600.0
IN_MEMORY: Final = 4 * 1024**2
BLOCK: Final = 256 * 1024


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
    """The media of one run of one flow; closing it removes the files."""

    client: httpx.Client
    allow_private: bool
    fetched: dict[UUID, Fetched] = field(default_factory=dict)

    def get(self, media: Media) -> Fetched:
        """Raises `Rejected` for what may not or cannot be fetched, `Unavailable` when its host
        does not answer."""
        if media.id not in self.fetched:
            self.fetched[media.id] = _fetch(
                self.client, media.url, allow_private=self.allow_private
            )
        return self.fetched[media.id]

    def close(self) -> None:
        for fetched in self.fetched.values():
            fetched.file.close()


def _fetch(client: httpx.Client, url: str, *, allow_private: bool) -> Fetched:
    until = time.monotonic() + DEADLINE
    for _ in range(MAX_REDIRECTS + 1):
        check_address(url, allow_private=allow_private)
        try:
            with client.stream("GET", url, follow_redirects=False) as answer:
                if not answer.has_redirect_location:
                    return _keep(answer, until)
                url = urljoin(url, answer.headers["location"])
        except (httpx.TransportError, httpx.InvalidURL) as fault:
            raise Unavailable(
                f"the media host {urlsplit(url).hostname} did not answer ({type(fault).__name__})"
            ) from None
    raise Rejected("the media's URL redirects too often", item="media")


def check_address(url: str, *, allow_private: bool) -> None:
    """Refuse what is not http(s) on a public address. Raises `Rejected`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Rejected("the media's URL is not http or https", item="media")
    if allow_private:
        return
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(f"the media host {parts.hostname} is not known") from None
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise Rejected(f"the media host {parts.hostname} is on a private network", item="media")


def _keep(answer: httpx.Response, until: float) -> Fetched:
    if answer.status_code >= 500:
        raise Unavailable(f"the media's host answered HTTP {answer.status_code}")
    if answer.status_code != 200:
        raise Rejected(
            f"the media cannot be fetched: its host answered HTTP {answer.status_code}",
            item="media",
            status=answer.status_code,
        )
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by the store
    size = 0
    for block in answer.iter_bytes(BLOCK):
        size += len(block)
        if size > MAX_BYTES or time.monotonic() > until:
            file.close()
            raise Rejected("the media is too large to be fetched in time", item="media")
        file.write(block)
    mime_type = answer.headers.get("content-type", "application/octet-stream").partition(";")[0]
    return Fetched(file, MediaFacts(size, mime_type.strip()))
