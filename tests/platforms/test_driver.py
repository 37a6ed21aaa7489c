"""The driver knows whether a request left, sends the fenced one once, and holds no doubt back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from domain.content import JsonObject, Media, MediaType, Platform
from domain.failures import OutcomeUnknown, Throttled, Unavailable
from platforms.adapter import Published, PublishFlow
from platforms.driver import Paused
from platforms.flow import (
    Request,
    Save,
    Unreadable,
    Upload,
    Wait,
    call,
    fenced,
    measure,
    upload,
)
from platforms.transport import Transport
from tests.make import NOW

OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
GET = Request("GET", "/thing", query={"q": "secret-in-query"})
POST = Request("POST", "/posts", body={"text": "hello"}, timeout=0.5)


@dataclass
class Notes:
    """A journal that writes down what it is told."""

    announced: int = 0
    saved: list[JsonObject] = field(default_factory=list)

    def announce(self) -> None:
        self.announced += 1

    def save(self, checkpoint: JsonObject, *, now: bool = False) -> None:
        self.saved.append(checkpoint)


class Server:
    """Answers each connection as the script says: bytes, or a way to misbehave."""

    def __init__(self, *script: bytes | str) -> None:
        self.script = list(script)
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        for move in self.script:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                self.requests.append(self.read(connection))
                if isinstance(move, bytes):
                    connection.sendall(move)
                elif move == "stall":
                    self.read(connection)
                elif move == "dribble":
                    self.dribble(connection)

    @staticmethod
    def read(connection: socket.socket) -> bytes:
        data = b""
        try:
            while b"\r\n\r\n" not in data and (block := connection.recv(65536)):
                data += block
        except TimeoutError:
            pass
        return data

    @staticmethod
    def dribble(connection: socket.socket) -> None:
        pause = threading.Event()
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        try:
            for _ in range(40):
                connection.sendall(b"x")
                pause.wait(0.1)
        except OSError:
            pass


@contextmanager
def serving(*script: bytes | str) -> Iterator[tuple[Server, Transport]]:
    server = Server(*script)
    server.thread.start()
    transport = Transport(dict.fromkeys(Platform, server.url), media_allow_private=True)
    try:
        yield server, transport
    finally:
        transport.close()
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        server.thread.join(5)


def drive(transport: Transport, flow: Callable[[], PublishFlow], notes: Notes | None = None):
    exchange = transport.exchange(Platform.TWITTER, "the-token")
    return exchange.run(flow(), notes or Notes())


def once() -> PublishFlow:
    answer = yield from fenced(POST)
    return Published(str(answer.status), None)


def repeatable() -> PublishFlow:
    answer = yield from call(GET)
    return Published(str(answer.status), None)


def test_the_intent_is_announced_before_a_fenced_call_and_only_then():
    notes = Notes()
    with serving(OK, OK) as (server, transport):
        assert drive(transport, repeatable, notes) == Published("200", None)
        assert notes.announced == 0
        assert drive(transport, once, notes) == Published("200", None)
    assert notes.announced == 1
    assert b"authorization: Bearer the-token" in server.requests[0]


@pytest.mark.parametrize(
    "misfortune",
    [
        "hang up",
        "stall",
        "dribble",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 503 Oops\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 408 Late\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"no http at all\r\n\r\n",
    ],
)
def test_after_bytes_have_left_every_misfortune_is_a_doubt_and_nothing_is_sent_again(misfortune):
    with serving(misfortune, OK) as (server, transport):
        with pytest.raises(OutcomeUnknown):
            drive(transport, once)
        assert len(server.requests) == 1


def test_when_nothing_left_there_is_no_doubt():
    transport = Transport(dict.fromkeys(Platform, "http://127.0.0.1:1"), media_allow_private=True)
    with pytest.raises(Unavailable, match="refused"):
        drive(transport, once)
    transport.close()


def test_a_clear_no_is_kept_even_when_its_body_breaks():
    half = b"HTTP/1.1 403 No\r\ncontent-length: 100\r\n\r\n{"
    with serving(half) as (_, transport):
        assert drive(transport, once) == Published("403", None)


def test_a_repeatable_call_is_tried_again_through_resets_and_outages():
    with serving("hang up", b"HTTP/1.1 502 Oops\r\ncontent-length: 0\r\n\r\n", OK) as (
        server,
        transport,
    ):
        assert drive(transport, repeatable) == Published("200", None)
    assert len(server.requests) == 3


def test_a_repeatable_call_gives_up_after_three_tries_without_telling_the_query():
    with serving(*["hang up"] * 4) as (server, transport):
        with pytest.raises(Unavailable) as caught:
            drive(transport, repeatable)
        assert len(server.requests) == 3
    assert "secret" not in str(caught.value)
    assert "GET /thing" in str(caught.value)


def test_once_the_platform_has_named_the_post_nothing_undoes_it():
    def flow() -> PublishFlow:
        yield from fenced(POST)
        yield Save({"published_id": "77"})
        yield from call(GET)
        raise Unreadable(200)

    with serving(OK, *["hang up"] * 3) as (_, transport):
        assert drive(transport, flow) == Published("77", None)


def test_a_failure_after_the_call_was_taken_is_a_doubt():
    def flow() -> PublishFlow:
        yield from fenced(POST)
        yield from call(GET)
        raise Throttled("later", until=NOW)

    with serving(OK, OK) as (_, transport), pytest.raises(OutcomeUnknown):
        drive(transport, flow)


def test_a_refusal_of_the_call_is_none_even_when_the_checkpoint_is_kept_first():
    def flow() -> PublishFlow:
        yield from fenced(POST)
        yield Save({"uploads": [1]})
        raise Throttled("later", until=NOW)

    with serving(OK) as (_, transport), pytest.raises(Throttled):
        drive(transport, flow)


def test_media_can_be_a_file_of_a_form(sandbox_url: str):
    film = Media(uuid4(), MediaType.VIDEO, f"{sandbox_url}/_sandbox/media/a.mp4?bytes=1000")

    def flow() -> PublishFlow:
        request = Request("POST", "/upload", form={"segment_index": "0"})
        yield from upload(Upload(request, film, 0, 9, field="media"))
        return Published("1", None)

    with serving(OK) as (server, transport):
        drive(transport, flow)
    assert b"multipart/form-data; boundary=" in server.requests[0]


def test_an_unknown_shape_is_a_doubt_after_the_call_and_an_outage_before_it():
    def before() -> PublishFlow:
        yield from call(GET)
        raise Unreadable(200)

    def after() -> PublishFlow:
        yield from fenced(POST)
        raise Unreadable(200)

    with serving(OK, OK) as (_, transport):
        with pytest.raises(Unavailable):
            drive(transport, before)
        with pytest.raises(OutcomeUnknown):
            drive(transport, after)


def test_a_wait_ends_the_run_with_what_was_saved():
    def flow() -> PublishFlow:
        yield Save({"container": "c"})
        yield Wait(5, 60, "busy")
        return Published("never", None)

    notes = Notes()
    with serving() as (_, transport):
        assert drive(transport, flow, notes) == Paused(5, 60, "busy")
    assert notes.saved == [{"container": "c"}]


def test_media_is_fetched_once_and_sent_in_ranges(sandbox_url: str):
    film = Media(uuid4(), MediaType.VIDEO, f"{sandbox_url}/_sandbox/media/a.mp4?bytes=1000")

    def flow() -> PublishFlow:
        facts = yield from measure(film)
        put = Request("PUT", "/upload")
        yield from upload(Upload(put, film, 0, 599))
        yield from upload(Upload(put, film, 600))
        return Published(f"{facts.size} {facts.mime_type}", None)

    with serving(OK, OK) as (server, transport):
        assert drive(transport, flow) == Published("1000 video/mp4", None)
    assert [b"content-length: 600" in r for r in server.requests] == [True, False]


def test_the_timeout_of_an_answer_bounds_the_whole_of_it():
    slow = Request("GET", "/thing", timeout=0.5)

    def flow() -> PublishFlow:
        yield from call(slow)
        return Published("never", None)

    with serving(*["dribble"] * 3) as (_, transport), pytest.raises(Unavailable):
        drive(transport, flow)


@pytest.mark.parametrize(
    ("request_", "kind", "body"),
    [
        (POST, b"application/json", b'{"text":"hello"}'),
        (
            Request("POST", "/posts", form={"message": "a b&c=é"}),
            b"application/x-www-form-urlencoded",
            b"message=a+b%26c%3D%C3%A9",
        ),
        (Request("POST", "/posts", data=b"raw", headers={"content-type": "x/y"}), b"x/y", b"raw"),
        (Request("POST", "/posts", query={"q": "a b"}), None, b""),
    ],
)
def test_a_request_carries_its_body_and_says_what_it_is(
    request_: Request, kind: bytes | None, body: bytes
):
    def flow() -> PublishFlow:
        yield from call(request_)
        return Published("1", None)

    with serving(OK) as (server, transport):
        drive(transport, flow)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert sent == body
    assert b"content-length: %d" % len(body) in head
    assert (b"content-type: %b" % kind in head) if kind else (b"content-type" not in head)
    assert head.startswith(b"POST /posts?q=a+b " if request_.query else b"POST /posts ")
