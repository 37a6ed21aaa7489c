"""`publishing posts validate` says what would be refused, of typed and of stored posts."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from domain.content import ContentType, MediaType, Platform
from tests.make import a_post, a_user, an_account
from tests.ops.conftest import Run

REEL = ("--to", "instagram,tiktok", "--type", "video", "--text", "The lake")


def test_a_post_that_nothing_speaks_against_exits_0(publishing: Run):
    done = publishing("posts", "validate", "--to", "twitter,threads", "--text", "Good morning")
    assert (done.code, done.out) == (0, "nothing known against it on twitter, threads\n")


def test_every_breach_is_told_with_its_platform_field_and_source(publishing: Run):
    film = "https://cdn.example.org/a.mp4,size=400000000,duration=2,alt=a lake, seen from above"
    done = publishing("posts", "validate", *REEL, "--media", film, "--json")
    assert done.code == 1
    assert done.document["platforms"] == ["instagram", "tiktok"]
    found = done.document["breaches"]
    assert [(row["platform"], row["field"]) for row in found] == [
        ("instagram", "media[0]"),
        ("instagram", "media[0]"),
        ("tiktok", "media[0]"),
    ]
    assert "400000000 bytes, 314572800 are allowed" in found[0]["breach"]
    assert "2 seconds, at least 3 are needed" in found[1]["breach"]
    assert all(row["source"].startswith("https://") for row in found)


def test_people_read_a_table(publishing: Run):
    done = publishing("posts", "validate", "--to", "instagram", "--type", "image", "--text", "hi")
    header, line = done.out.splitlines()
    assert header.split() == ["platform", "field", "breach"]
    assert line.split(maxsplit=2)[2] == "image on instagram takes 1 media, not 0"


@pytest.fixture
def stored(connection: psycopg.Connection) -> str:
    """An image post for Instagram and X, whose file is a PNG of 9 MB."""
    user = a_user(connection)
    accounts = [an_account(connection, user, p) for p in (Platform.INSTAGRAM, Platform.TWITTER)]
    media = [(MediaType.IMAGE, "https://cdn.example.org/a.png")]
    post = a_post(connection, user, accounts, content_type=ContentType.IMAGE, media=media)
    connection.execute("UPDATE media SET file_size = 9000000, mime_type = 'image/png'")
    return str(post.id)


def test_a_stored_post_is_judged_for_its_own_targets(stored: str, publishing: Run):
    done = publishing("posts", "validate", stored, "--json")
    told = [(row["platform"], row["breach"]) for row in done.document["breaches"]]
    assert done.code == 1
    assert {platform for platform, _ in told} == {"instagram", "twitter"}
    assert ("instagram", "image/png is not accepted; use image/jpeg") in told
    assert ("instagram", "9000000 bytes, 8388608 are allowed") in told


def test_a_stored_post_is_judged_for_a_platform_that_is_only_thought_of(
    stored: str, publishing: Run
):
    assert publishing("posts", "validate", stored, "--to", "facebook").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "to: neither a post nor platforms are named"),
        ((str(uuid4()),), "there is no post"),
        (("abc",), "id: abc is no id"),
        ((str(uuid4()), "--text", "hi"), "a stored post has its own content"),
        (("--to", "twitter", "--media", "https://x.org/a,size=big"), "size=big cannot be read"),
        (("--to", "twitter", "--media", "https://x.org/a,type=film"), "type=film cannot be read"),
    ],
)
def test_what_cannot_be_judged_is_said(arguments: tuple[str, ...], words: str, publishing: Run):
    done = publishing("posts", "validate", *arguments)
    assert (done.code, words in done.err, done.out) == (1, True, "")
