"""HTTP/1.1 over kept connections: httpx's requests and responses on the standard library's client,
which costs a third of httpx's own transport, and knows whether anything was sent."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import httpx

CONNECT_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 30.0
BLOCK: Final = 64 * 1024

Origin: TypeAlias = tuple[bytes, bytes, int | None]


class Wire(httpx.BaseTransport):
    """One a process, for all its threads; no more connections are open than requests under way at
    once, but for those kept idle. ``request.extensions["timeout"]`` is httpx's; a request that
    does not connect within five seconds was not sent."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._idle: dict[Origin, deque[tuple[http.client.HTTPConnection, float]]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it and read the head of the answer; the body is read, once, from the response, which
        the caller closes. Raises `httpx.ConnectError`, `httpx.ConnectTimeout` or
        `httpx.LocalProtocolError` when nothing was sent, another `httpx.TransportError` when
        something may have been."""
        url = request.url
        origin = (url.raw_scheme, url.raw_host, url.port)
        connection = self._kept(origin) or self._connected(url)
        try:
            _send(connection, request)
            answer = _answer(connection, request)
        except BaseException:
            connection.close()
            raise
        body = _Body(connection, answer, lambda: self._keep(origin, connection))
        return httpx.Response(answer.status, headers=answer.getheaders(), stream=body)

    def close(self) -> None:
        """Close what is idle, once nobody uses it any more."""
        for kept in self._idle.values():
            while kept:
                kept.pop()[0].close()

    def _kept(self, origin: Origin) -> http.client.HTTPConnection | None:
        """The connection that was used last, if it is still good; those not used for long, or
        ended by the platform, are closed."""
        kept = self._idle.setdefault(origin, deque())
        while kept:
            connection, since = kept.pop()
            if time.monotonic() - since < KEPT_SECONDS and _is_quiet(connection.sock):
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: http.client.HTTPConnection) -> None:
        self._idle[origin].append((connection, time.monotonic()))

    def _connected(self, url: httpx.URL) -> http.client.HTTPConnection:
        if url.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                url.host, url.port, timeout=CONNECT_SECONDS, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(url.host, url.port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except TimeoutError:
            connection.close()
            raise httpx.ConnectTimeout("the connection timed out") from None
        except OSError:
            connection.close()
            raise httpx.ConnectError("the connection was refused") from None
        return connection


class _Body(httpx.SyncByteStream):
    """The body as it comes. A connection whose answer was read to its end is kept."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        answer: http.client.HTTPResponse,
        keep: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._answer = answer
        self._keep = keep
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            while block := self._answer.read1(BLOCK):
                yield block
        except TimeoutError:
            raise httpx.ReadTimeout("no more of the answer came in time") from None
        except (OSError, http.client.HTTPException):
            raise httpx.ReadError("the connection broke within the answer") from None
        if self._answer.length:
            raise httpx.RemoteProtocolError("the answer ended early")
        self._ended = True

    def close(self) -> None:
        self._answer.close()
        if self._ended and not self._answer.will_close:
            self._keep()
        else:
            self._connection.close()


def _send(connection: http.client.HTTPConnection, request: httpx.Request) -> None:
    """A platform that refuses a body while it is on its way has answered, and that is read."""
    try:
        connection.putrequest(
            request.method,
            request.url.raw_path.decode("ascii"),
            skip_host=True,
            skip_accept_encoding=True,
        )
        for name, value in request.headers.raw:
            connection.putheader(name, value)
    except (ValueError, http.client.HTTPException):
        raise httpx.LocalProtocolError("the request cannot be written as HTTP") from None
    timeout = request.extensions["timeout"]
    connection.sock.settimeout(timeout["write"])
    try:
        connection.endheaders()
        for block in request.stream:  # type: ignore[union-attr]  # it is a synchronous one
            connection.send(block)
    except TimeoutError:
        raise httpx.WriteTimeout("the request could not be sent in time") from None
    except (BrokenPipeError, ConnectionResetError):
        pass
    except OSError:
        raise httpx.WriteError("the connection broke within the request") from None


def _answer(
    connection: http.client.HTTPConnection, request: httpx.Request
) -> http.client.HTTPResponse:
    connection.sock.settimeout(request.extensions["timeout"]["read"])
    try:
        answer = connection.getresponse()
    except TimeoutError:
        raise httpx.ReadTimeout("no answer came in time") from None
    except (OSError, http.client.HTTPException):
        raise httpx.ReadError("the connection broke before the answer") from None
    if answer.status < 200:
        raise httpx.RemoteProtocolError("the answer is none")
    return answer


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come on an idle connection, neither its end nor what nobody asked for."""
    connection.settimeout(0)
    try:
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
