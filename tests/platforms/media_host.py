"""A host of media on this machine that behaves well or badly, as its paths say."""

from __future__ import annotations

import gzip
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

SLOWLY: Final = 0.05


@dataclass
class Host:
    """``files`` by path; what was asked for, as ``path range`` (``-``: all of it)."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)


@contextmanager
def hosting(
    files: Mapping[str, bytes] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Host]:
    """Paths that end with ``/plain`` are served without ranges, with ``/short`` cut off under way,
    with ``/drip`` a byte at a time, with ``/gzip`` compressed, with ``/503`` or ``/404`` not at
    all."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    host = Host(f"{scheme}://127.0.0.1:{server.server_port}", dict(files or {}))
    server.host = host  # type: ignore[attr-defined]  # handlers know only their server
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.gone.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host: Host = self.server.host  # type: ignore[attr-defined]
        ranges = self.headers.get("range", "-")
        host.asked.append(f"{self.path} {ranges.removeprefix('bytes=')}")
        host.names.append(self.headers["host"])
        name, _, manner = self.path.rpartition("/")
        if self.path in host.moved:
            self._answer(302, b"", {"location": host.moved[self.path]})
        elif manner in ("404", "503"):
            self._answer(int(manner), b"")
        elif manner in ("plain", "short", "drip", "gzip"):
            self._badly(manner, host.files[name], host)
        else:
            self._well(host.files[self.path], ranges)

    def _well(self, data: bytes, ranges: str) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", ranges)
        if wanted is None:
            self._answer(200, data)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        named = f"bytes {first}-{last}/{len(data)}"
        self._answer(206, data[first : last + 1], {"content-range": named})

    def _badly(self, manner: str, data: bytes, host: Host) -> None:
        if manner == "plain":
            self._answer(200, data)
        elif manner == "gzip":
            self._answer(200, gzip.compress(data), {"content-encoding": "gzip"})
        elif manner == "short":
            self._answer(200, data[: len(data) // 2], {"content-length": str(len(data))})
            self.close_connection = True
        else:
            self._answer(200, b"", {"content-length": str(len(data))})
            for byte in data:
                if host.gone.wait(SLOWLY):
                    return
                self.wfile.write(bytes([byte]))

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Tests are quiet."""
