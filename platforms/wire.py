"""HTTP/1.1 over kept connections: bytes out and bytes in, at a fraction of httpx's cost, with one
deadline for the whole exchange, and the knowledge whether anything was sent. Its errors, its
reading of addresses and its unpacking are httpx's."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import quote

import httptools
import httpx

CONNECT_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 30.0
BLOCK: Final = 64 * 1024
LENGTH_ALWAYS: Final = frozenset({"POST", "PUT"})
HEAD_LIMIT: Final = 64 * 1024
PORTS: Final = {"http": 80, "https": 443}
URL: Final = re.compile(r"(https?://[^/?#]+)([^#]*)", re.IGNORECASE)
# What a path and a query may hold as it is, beside letters, digits and "-._~".
PLAIN: Final = "%/?:@!$&'()*+,;=[]|^\\`{}"

Origin: TypeAlias = tuple[str, str, int]


class Wire:
    """One a process, for all its threads; no more connections are open than requests are under way
    at once, but for those kept idle. Each address of a host has five seconds to connect."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._idle: dict[Origin, deque[tuple[socket.socket, float]]] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes],
        seconds: float,
    ) -> Incoming:
        """Send it and read the head of the answer; the body is read, once, by the caller, who
        closes it. All of it ends within ``seconds``, but for the connecting. ``headers`` tell the
        length of a body that comes in blocks. Raises `httpx.ConnectError`, `httpx.ConnectTimeout`
        or `httpx.LocalProtocolError` when nothing was sent, another `httpx.TransportError` when
        something may have been."""
        origin, host, target = _address(url)
        if isinstance(body, bytes):
            if body or method in LENGTH_ALWAYS:
                headers = {**headers, "content-length": str(len(body))}
            body = (body,)
        head = _head(method, target, host, headers)
        until = time.monotonic() + seconds
        line = self._kept(origin) or self._connected(origin, until)
        answer = Incoming(line, until, lambda: self._keep(origin, line))
        try:
            _send(line, until, head, body)
            answer.read_head()
        except BaseException:
            line.close()
            raise
        return answer

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
            if scheme == "https":
                line = self._tls.wrap_socket(line, server_hostname=host)
        except TimeoutError:
            raise httpx.ConnectTimeout("the connection timed out") from None
        except OSError:
            raise httpx.ConnectError("the connection was refused") from None
        if time.monotonic() >= until:
            line.close()
            raise httpx.ConnectTimeout("the connection took all the time that there was")
        return line


class Incoming:
    """One answer as it comes; ``headers`` have lower-case names. A connection is kept when its
    answer was read to its end, and nothing came after it."""

    def __init__(self, line: socket.socket, until: float, keep: Callable[[], None]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
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
        """Called by the parser; what comes after the body tells nothing."""
        if self.status:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

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

    def body(self) -> Iterator[bytes]:
        """The body, unpacked, in blocks. Raises `httpx.TransportError`, `httpx.DecodingError`."""
        if "content-encoding" not in self.headers:
            return self._body()
        packed = httpx.Response(self.status, headers=self.headers, content=self._body())
        return packed.iter_bytes()

    def _body(self) -> Iterator[bytes]:
        while True:
            blocks, self._blocks = self._blocks, []
            yield from blocks
            if self._ended and not self._blocks:
                return
            self._read()

    def close(self) -> None:
        """Give the connection back, or end it."""
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
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        if framed or not self.status:
            raise httpx.RemoteProtocolError("the answer ended early")
        self._ended = True


def _address(url: str) -> tuple[Origin, str, str]:
    """Where to connect, the host as it is told there, and what is asked of it. Raises
    `httpx.LocalProtocolError` for what is no address."""
    found = URL.match(url)
    if found is None:
        raise httpx.LocalProtocolError("the address is none of HTTP")
    origin, host = _origin(found[1])
    target = quote(found[2], safe=PLAIN)
    return origin, host, target if target.startswith("/") else f"/{target}"


@lru_cache(maxsize=1024)
def _origin(text: str) -> tuple[Origin, str]:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise httpx.LocalProtocolError("the address is none of HTTP") from None
    host = url.raw_host.decode("ascii")
    return (url.scheme, host, url.port or PORTS[url.scheme]), url.netloc.decode("ascii")


def _head(method: str, target: str, host: str, headers: Mapping[str, str]) -> bytes:
    """Raises `httpx.LocalProtocolError`, which tells nothing of it, for what would be another
    request than was meant."""
    told = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"{method} {target} HTTP/1.1", f"host: {host}", *told])
    breaks = len(told) + 1
    broken = head.count("\n") != breaks or head.count("\r") != breaks or "\0" in head
    if broken or not head.isascii():
        raise httpx.LocalProtocolError("the request cannot be written as HTTP")
    return head.encode("ascii") + b"\r\n\r\n"


def _send(line: socket.socket, until: float, head: bytes, body: Iterable[bytes]) -> None:
    """The head goes in one piece with the beginning of the body. A platform that refuses a body
    while it is on its way has answered, and that is read."""
    try:
        for block in body:
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
