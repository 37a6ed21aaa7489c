"""The wire keeps connections, and tells what surely was not sent from what may have been."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from platforms.wire import Wire
from tests.waiting import eventually

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
CLOSING = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
LARGE = 8 * 1024**2


class Host:
    """Takes connections one after another: each gets the answers of its script, one a request, and
    is then closed."""

    def __init__(self, scripts: Sequence[Sequence[bytes]], tls: ssl.SSLContext | None) -> None:
        self.scripts = scripts
        self.tls = tls
        self.requests: list[list[bytes]] = []
        self.closed = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        port = self.listener.getsockname()[1]
        return f"https://localhost:{port}" if self.tls else f"http://127.0.0.1:{port}"

    def serve(self) -> None:
        for script in self.scripts:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with suppress(ssl.SSLError), self.welcomed(connection) as welcomed:
                heard: list[bytes] = []
                self.requests.append(heard)
                for answer in script:
                    heard.append(welcomed.recv(65536))
                    welcomed.sendall(answer)
            self.closed += 1

    def welcomed(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        return self.tls.wrap_socket(connection, server_side=True)


@contextmanager
def hosting(
    *scripts: Sequence[bytes], tls: ssl.SSLContext | None = None, trusting: Path | None = None
) -> Iterator[tuple[Host, Wire]]:
    host = Host(scripts, tls)
    try:
        with closing(Wire(ssl.create_default_context(cafile=trusting))) as wire:
            yield host, wire
    finally:
        with suppress(OSError):
            host.listener.shutdown(socket.SHUT_RDWR)
        host.listener.close()
        host.thread.join(5)


def request(url: str, *, body: bytes = b"", token: str = "a-token") -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    return {
        "method": "POST",
        "url": f"{url}/posts",
        "headers": headers,
        "body": body,
        "seconds": 2.0,
    }


def send(wire: Wire, sent: dict[str, Any]) -> bytes:
    with closing(wire.send(**sent)) as answer:
        return b"".join(answer.body())


def test_a_connection_is_used_again():
    with hosting([OK, OK]) as (host, wire):
        assert send(wire, request(host.url)) == b"{}"
        assert send(wire, request(host.url)) == b"{}"
        assert [len(heard) for heard in host.requests] == [2]


def test_a_connection_is_used_again_over_tls(certificate: Path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with hosting([OK, OK, OK], tls=tls, trusting=certificate) as (host, wire):
        for _ in range(3):
            assert send(wire, request(host.url)) == b"{}"
        assert [len(heard) for heard in host.requests] == [3]


def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(certificate: Path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with hosting([OK], tls=tls) as (host, wire):
        with pytest.raises(httpx.ConnectError):
            send(wire, request(host.url))
        assert host.requests == []


def test_a_connection_that_the_platform_ended_meanwhile_is_replaced_before_anything_is_sent():
    with hosting([OK], [OK]) as (host, wire):
        send(wire, request(host.url))
        eventually(lambda: host.closed == 1)
        assert send(wire, request(host.url)) == b"{}"
        assert [len(heard) for heard in host.requests] == [1, 1]


@pytest.mark.parametrize("first", [CLOSING, OK + OK], ids=["says so", "says too much"])
def test_a_connection_that_is_over_is_not_used_again(first: bytes):
    with hosting([first], [OK]) as (host, wire):
        send(wire, request(host.url))
        assert send(wire, request(host.url)) == b"{}"
        assert [len(heard) for heard in host.requests] == [1, 1]


def test_an_answer_whose_end_was_not_read_ends_its_connection():
    beginning = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
    with hosting([beginning], [OK]) as (host, wire):
        wire.send(**request(host.url)).close()
        assert send(wire, request(host.url)) == b"{}"
        assert [len(heard) for heard in host.requests] == [1, 1]


def test_a_refusal_of_a_body_that_is_on_its_way_is_heard():
    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"
    with hosting([refusal]) as (host, wire):
        sent = request(host.url, body=bytes(LARGE))
        with closing(wire.send(**sent)) as answer:
            assert answer.status == 413


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_what_breaks_after_the_sending_is_told_apart_from_what_was_not_sent(broken: bytes):
    with hosting([broken]) as (host, wire):
        with pytest.raises(httpx.TransportError) as caught:
            send(wire, request(host.url))
        assert not isinstance(caught.value, httpx.ConnectError | httpx.LocalProtocolError)
        assert [len(heard) for heard in host.requests] == [1]


def test_where_nobody_listens_nothing_was_sent():
    with closing(Wire(ssl.create_default_context())) as wire, pytest.raises(httpx.ConnectError):
        send(wire, request("http://127.0.0.1:1"))


def test_when_connecting_took_all_the_time_nothing_was_sent():
    with hosting([OK]) as (host, wire):
        late = request(host.url)
        late["seconds"] = 0.0
        with pytest.raises(httpx.ConnectTimeout):
            send(wire, late)
        eventually(lambda: host.closed == 1)
        assert host.requests == [[b""]]


def test_threads_share_a_wire(sandbox_url: str):
    url = f"{sandbox_url}/_sandbox/ledger"
    sent = {"method": "GET", "url": url, "headers": {}, "body": b"", "seconds": 10.0}
    with closing(Wire(ssl.create_default_context())) as wire, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: send(wire, sent), range(400)))
    assert len(answers) == 400
    assert all(answer.startswith(b"{") for answer in answers)


@pytest.mark.parametrize("token", ["planted\r\nx: y", "planted\0", "planted-é"])
def test_a_token_that_is_no_header_is_not_sent_and_not_told(token: str):
    with hosting([OK]) as (host, wire):
        with pytest.raises(httpx.LocalProtocolError) as caught:
            send(wire, request(host.url, token=token))
        assert "planted" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_an_answer_after_hints_in_chunks_or_compressed_is_read_whole():
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n"
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    packed = gzip.compress(b"unpacked")
    zipped = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b"
    with hosting([hints + OK, chunks, zipped % (len(packed), packed)]) as (host, wire):
        assert send(wire, request(host.url)) == b"{}"
        assert send(wire, request(host.url)) == b"abc"
        assert send(wire, request(host.url)) == b"unpacked"
        assert [len(heard) for heard in host.requests] == [3]


def test_an_answer_that_does_not_say_its_length_ends_with_its_connection():
    with hosting([b"HTTP/1.1 200 OK\r\n\r\nall of it"], [OK]) as (host, wire):
        assert send(wire, request(host.url)) == b"all of it"
        assert send(wire, request(host.url)) == b"{}"


def test_a_head_that_does_not_end_is_not_read_for_ever():
    endless = b"HTTP/1.1 200 OK\r\n" + b"x-more: and more\r\n" * 10_000
    with (
        hosting([endless]) as (host, wire),
        pytest.raises(httpx.RemoteProtocolError, match="does not end"),
    ):
        send(wire, request(host.url))


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", b"/"),
        ("?q=1", b"/?q=1"),
        ("/a b/é?x=%20(1,2)#part", b"/a%20b/%C3%A9?x=%20(1,2)"),
        ("/a\r\nx: y", b"/a%0D%0Ax:%20y"),
    ],
)
def test_an_address_is_asked_for_as_it_may_be_written(path: str, asked: bytes):
    with hosting([OK]) as (host, wire):
        send(wire, request(host.url) | {"url": f"{host.url}{path}"})
        assert host.requests[0][0].startswith(b"POST %b HTTP/1.1\r\n" % asked)
        assert host.url.removeprefix("http://").encode() in host.requests[0][0]


@pytest.mark.parametrize("url", ["", "/posts", "ftp://host/posts", "http://ho st:x/posts"])
def test_what_is_no_address_is_not_sent(url: str):
    wire = Wire(ssl.create_default_context())
    with closing(wire), pytest.raises(httpx.LocalProtocolError):
        wire.send(**request("") | {"url": url})


def test_lines_of_one_header_are_joined_and_what_follows_the_body_tells_nothing():
    lines = b"X-Note: a\r\nx-note: b\r\n"
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n%b\r\n0\r\nx-note: c\r\n\r\n"
    with (
        hosting([chunked % lines]) as (host, wire),
        closing(wire.send(**request(host.url))) as answer,
    ):
        assert list(answer.body()) == []
        assert answer.headers["x-note"] == "a, b"
