"""Media are fetched from a real host: whole, within limits, and not from where they may not be."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from domain.content import Media, MediaType
from domain.failures import Rejected, Unavailable
from platforms.flow import Seen
from platforms.guard import Way, ways
from platforms.media import MediaStore
from tests.platforms.files import film, image
from tests.platforms.media_host import Host, hosting

LOOPBACK = "127.0.0.1"
PRIVATE = "169.254.169.254"
FILES = {
    "/a.jpg": image(),
    "/large.jpg": image(size=(900, 900), quality=95),
    "/a.mp4": film(),
    "/late.mp4": film(header_first=False, data=900_000),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Host]:
    with hosting(FILES) as host:
        yield host


@pytest.fixture
def host(shared: Host) -> Host:
    shared.asked.clear()
    shared.names.clear()
    return shared


@pytest.fixture
def store() -> Iterator[MediaStore]:
    with httpx.Client(trust_env=False) as client:
        store = MediaStore(client, partial(ways, allow_private=True))
        yield store
        store.close()


def media(host: Host, path: str, type_: MediaType = MediaType.IMAGE) -> Media:
    return Media(uuid4(), type_, host.url + path)


def test_a_file_is_fetched_once_and_read_in_ranges(host: Host, store: MediaStore):
    picture = media(host, "/a.jpg")
    fetched = store.get(picture)
    assert store.get(picture) is fetched
    assert b"".join(fetched.blocks(10, 19)) == FILES["/a.jpg"][10:20]
    assert (fetched.facts.size, fetched.facts.mime_type) == (len(FILES["/a.jpg"]), "image/jpeg")
    assert (fetched.facts.seen.width, fetched.facts.seen.height) == (40, 30)
    assert host.asked == ["/a.jpg -"]
    store.close()
    assert fetched.file.closed


@pytest.mark.parametrize(
    ("path", "failure", "words"),
    [
        ("/a.jpg/404", Rejected, "answered HTTP 404"),
        ("/a.jpg/503", Unavailable, "answered HTTP 503"),
        ("/a.jpg/short", Unavailable, "broke off after"),
        ("/a.jpg/gzip", Rejected, "compressed"),
    ],
)
def test_what_does_not_come_whole_is_not_used(path, failure, words, host: Host, store: MediaStore):
    with pytest.raises(failure, match=words):
        store.get(media(host, path))
    assert store.fetched == {}


@pytest.mark.parametrize("path", ["/a.jpg", "/a.jpg/plain"])
def test_a_file_that_is_too_large_is_not_taken(path: str, host: Host, store: MediaStore):
    store.max_bytes = 100
    with pytest.raises(Rejected, match="larger than 100 bytes"):
        store.get(media(host, path))


def test_a_body_that_drips_ends_at_the_deadline(host: Host, store: MediaStore):
    store.fetch_seconds = store.look_seconds = 0.3
    began = time.monotonic()
    with pytest.raises(Unavailable, match="too slowly"):
        store.get(media(host, "/a.jpg/drip"))
    assert store.look(media(host, "/a.jpg/drip")) == Seen()
    assert time.monotonic() - began < 5


def test_redirects_are_followed_and_each_is_judged(host: Host, store: MediaStore):
    host.moved = {"/moved": "/a.jpg", "/round": "/round"}
    assert store.get(media(host, "/moved")).facts.mime_type == "image/jpeg"
    with pytest.raises(Rejected, match="redirects too often"):
        store.get(media(host, "/round"))


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("https://metadata.example.org/secret", "private network"),
        ("http://cdn.example.org/a.jpg", "https is needed"),
        ("file:///etc/passwd", "not http or https"),
    ],
)
def test_a_redirect_to_where_media_may_not_come_from_is_refused(
    to: str, words: str, host: Host, store: MediaStore
):
    """The host of the test passes for a public one; what it points to is judged for itself."""

    def find(url: str) -> Sequence[Way]:
        ours = url.startswith(host.url)
        return ways(url, allow_private=ours, resolver=lambda *_: [LOOPBACK if ours else PRIVATE])

    host.moved = {"/inside": to}
    store.find = find
    for step in (store.get, store.look):
        with pytest.raises(Rejected, match=words):
            step(media(host, "/inside"))
    assert host.asked == ["/inside -", "/inside 0-262143"]


def test_a_name_is_resolved_once_and_the_host_hears_it(host: Host, store: MediaStore):
    asked: list[str] = []

    def turns_coat(name: str, _port: int) -> Sequence[str]:
        asked.append(name)
        return [LOOPBACK if len(asked) == 1 else "127.255.255.255"]

    store.find = partial(ways, allow_private=True, resolver=turns_coat)
    port = host.url.rpartition(":")[2]
    store.get(Media(uuid4(), MediaType.IMAGE, f"http://cdn.example.org:{port}/a.jpg"))
    assert asked == ["cdn.example.org"]
    assert host.names == [f"cdn.example.org:{port}"]


def test_the_next_address_is_tried_when_one_does_not_answer(host: Host, store: MediaStore):
    store.find = partial(ways, allow_private=True, resolver=lambda *_: ["127.0.0.2", LOOPBACK])
    port = host.url.rpartition(":")[2]
    assert store.look(Media(uuid4(), MediaType.IMAGE, f"http://cdn:{port}/a.jpg")).width == 40


def test_a_small_file_is_looked_at_and_fetched_in_one_request(host: Host, store: MediaStore):
    picture = media(host, "/a.jpg")
    seen = store.look(picture)
    assert (seen.mime_type, seen.width, seen.size) == ("image/jpeg", 40, len(FILES["/a.jpg"]))
    assert store.get(picture).facts.size == seen.size
    assert host.asked == ["/a.jpg 0-262143"]


def test_of_a_large_image_the_first_bytes_are_enough(host: Host, store: MediaStore):
    picture = media(host, "/large.jpg")
    size = len(FILES["/large.jpg"])
    assert size > 300_000
    assert store.look(picture) == Seen("image/jpeg", size, 900, 900)
    assert store.fetched == {}
    assert host.asked == ["/large.jpg 0-262143"]


def test_the_header_of_a_film_is_found_at_its_end(host: Host, store: MediaStore):
    seen = store.look(media(host, "/late.mp4", MediaType.VIDEO))
    size = len(FILES["/late.mp4"])
    assert seen == Seen("video/mp4", size, 1080, 1920, 10, codec="h264")
    assert len(host.asked) == 2


def test_without_ranges_only_the_beginning_is_known(host: Host, store: MediaStore):
    film_of_late_header = media(host, "/late.mp4/plain", MediaType.VIDEO)
    assert store.look(film_of_late_header) == Seen("video/mp4", len(FILES["/late.mp4"]))


def test_where_nothing_is_there_is_nothing_to_publish(host: Host, store: MediaStore):
    with pytest.raises(Rejected, match="HTTP 404"):
        store.look(media(host, "/a.jpg/404"))


@pytest.mark.parametrize("path", ["/a.jpg/503", "/a.jpg/short"])
def test_what_the_host_does_not_show_stays_unknown(path: str, host: Host, store: MediaStore):
    assert store.look(media(host, path)) == Seen()


def test_a_host_that_is_not_there_fails_a_fetch_and_leaves_a_look_unknown(store: MediaStore):
    nobody = Media(uuid4(), MediaType.IMAGE, "http://127.0.0.1:1/a.jpg")
    assert store.look(nobody) == Seen()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 did not answer"):
        store.get(nobody)


def test_over_tls_the_name_is_proven_though_the_address_is_used(certificate: Path):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with hosting(FILES, server) as host, httpx.Client(trust_env=False, verify=trusting) as client:
        port = host.url.rpartition(":")[2]
        store = MediaStore(
            client, partial(ways, allow_private=True, resolver=lambda *_: [LOOPBACK])
        )
        url = f"https://cdn.example.org:{port}/a.jpg"
        assert store.get(Media(uuid4(), MediaType.IMAGE, url)).facts.mime_type == "image/jpeg"
        other = f"https://elsewhere.example.org:{port}/a.jpg"
        with pytest.raises(Unavailable, match="ConnectError"):
            store.get(Media(uuid4(), MediaType.IMAGE, other))
        store.close()
