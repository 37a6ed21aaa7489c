"""HTTP/1.1 over kept connections, as an httpx transport that costs a third of httpx's own, keeps to
one deadline for the whole exchange, and knows whether anything was sent."""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import httptools
import httpx

CONNECT_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 30.0
BLOCK: Final = 64 * 1024
HEAD_LIMIT: Final = 64 * 1024
PORTS: Final = {b"http": 80, b"https": 443}

Origin: TypeAlias = tuple[bytes, str, int]


class Wire(httpx.BaseTransport):
    """One a process, for all its threads; no more connections are open than requests are under way
    at once, but for those kept idle. Each address of a host has five seconds to connect. All of it
    ends within the request's read timeout (``extensions["timeout"]``), but for the connecting."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._idle: dict[Origin, deque[tuple[socket.socket, float]]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it and read the head of the answer; the body is read, once, from the response, which
        the caller closes. Raises `httpx.ConnectError`, `httpx.ConnectTimeout` or
        `httpx.LocalProtocolError` when nothing was sent, another `httpx.TransportError` when
        something may have been."""
        head = _head(request)
        until = time.monotonic() + request.extensions["timeout"]["read"]
        url = request.url
        port = url.port or PORTS[url.raw_scheme]
        origin = (url.raw_scheme, url.raw_host.decode("ascii"), port)
        line = self._kept(origin) or self._connected(origin, until)
        answer = _Answer(line, until, lambda: self._keep(origin, line))
        try:
            _send(line, until, head, request)
            answer.read_head()
        except BaseException:
            line.close()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=answer)

    def close(self) -> None:
        """Close what is idle, once nobody uses it any more."""
        for kept in self._idle.values():
            while kept:
                kept.pop()[0].close()

    def _kept(self, origin: Origin) -> socket.socket | None:
        """The connection that was used last, if it is still good; those not used for long, or
        ended by the platform, are closed."""
        kept = self._idle.setdefault(origin, deque())
        while True:
            try:
                line, since = kept.pop()
            except IndexError:
                return None
            if time.monotonic() - since < KEPT_SECONDS and _is_quiet(line):
                return line
            line.close()

    def _keep(self, origin: Origin, line: socket.socket) -> None:
        self._idle[origin].append((line, time.monotonic()))

    def _connected(self, origin: Origin, until: float) -> socket.socket:
        """A connection over which there is still time to send."""
        scheme, host, port = origin
        try:
            line = socket.create_connection((host, port), CONNECT_SECONDS)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == b"https":
                line = self._tls.wrap_socket(line, server_hostname=host)
        except TimeoutError:
            raise httpx.ConnectTimeout("the connection timed out") from None
        except OSError:
            raise httpx.ConnectError("the connection was refused") from None
        if time.monotonic() >= until:
            line.close()
            raise httpx.ConnectTimeout("the connection took all the time that there was")
        return line


class _Answer(httpx.SyncByteStream):
    """One answer as it comes. A connection is kept when its answer was read to its end, and nothing
    came after it."""

    def __init__(self, line: socket.socket, until: float, keep: Callable[[], None]) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._line = line
        self._until = until
        self._keep = keep
        self._blocks: list[bytes] = []
        self._ended = False
        self._may_be_kept = False
        self._parser = httptools.HttpResponseParser(self)

    def on_message_begin(self) -> None:
        """Called by the parser; a second answer was not asked for."""
        self._may_be_kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser; an informational answer goes before the one that counts."""
        status = self._parser.get_status_code()
        if status < 200:
            self.headers.clear()
        elif not self._ended:
            self.status = status

    def on_body(self, block: bytes) -> None:
        """Called by the parser."""
        self._blocks.append(block)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self.status and not self._ended:
            self._ended = True
            self._may_be_kept = self._parser.should_keep_alive()

    def read_head(self) -> None:
        """Read until the status and the headers are there."""
        size = 0
        while not self.status:
            size += self._read()
            if size > HEAD_LIMIT and not self.status:
                raise httpx.RemoteProtocolError("the head of the answer does not end")

    def __iter__(self) -> Iterator[bytes]:
        while True:
            blocks, self._blocks = self._blocks, []
            yield from blocks
            if self._ended and not self._blocks:
                return
            self._read()

    def close(self) -> None:
        if self._may_be_kept:
            self._keep()
        else:
            self._line.close()

    def _read(self) -> int:
        """What comes next goes through the parser; how many bytes it was."""
        try:
            _limit(self._line, self._until)
            data = self._line.recv(BLOCK)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer came in time") from None
        except OSError:
            raise httpx.ReadError("the connection broke within the answer") from None
        if not data:
            self._end()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._may_be_kept = False
            if not self._ended:
                raise httpx.RemoteProtocolError("the answer is no HTTP") from None
        return len(data)

    def _end(self) -> None:
        """The connection ended: so did an answer that says nowhere how long it is."""
        framed = {name.lower() for name, _ in self.headers} & {
            b"content-length",
            b"transfer-encoding",
        }
        if framed or not self.status:
            raise httpx.RemoteProtocolError("the answer ended early")
        self._ended = True


def _head(request: httpx.Request) -> bytes:
    """Raises `httpx.LocalProtocolError`, which tells nothing of it, for what would be another
    request than was meant."""
    first = b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)
    lines = [first, *(b"%b: %b" % header for header in request.headers.raw)]
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise httpx.LocalProtocolError("the request cannot be written as HTTP")
    return head + b"\r\n\r\n"


def _send(line: socket.socket, until: float, head: bytes, request: httpx.Request) -> None:
    """The head goes in one piece with the beginning of the body. A platform that refuses a body
    while it is on its way has answered, and that is read."""
    try:
        for block in request.stream:  # type: ignore[union-attr]  # it is a synchronous one
            _limit(line, until)
            line.sendall(head + block)
            head = b""
        if head:
            _limit(line, until)
            line.sendall(head)
    except TimeoutError:
        raise httpx.WriteTimeout("the request could not be sent in time") from None
    except (BrokenPipeError, ConnectionResetError):
        pass
    except OSError:
        raise httpx.WriteError("the connection broke within the request") from None


def _limit(line: socket.socket, until: float) -> None:
    """What comes next on ``line`` waits no longer than ``until``. Raises `TimeoutError`."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    line.settimeout(left)


def _is_quiet(line: socket.socket) -> bool:
    """Whether nothing has come on an idle connection, neither its end nor what nobody asked for."""
    line.settimeout(0)
    try:
        socket.socket.recv(line, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
