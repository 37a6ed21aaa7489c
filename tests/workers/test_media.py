"""A post whose media are not what they should be ends as a row, before any call."""

from __future__ import annotations

import psycopg
import pytest

from domain.content import ContentType, MediaType, Platform
from tests.make import a_post, a_user, an_account, row_of
from tests.platforms.files import film, image
from tests.platforms.media_host import hosting
from tests.system import System

FILES = {
    "/a.png": image("PNG", (400, 400)),
    "/short.mp4": film(1),
    "/cut.mp4": film()[:-1000],
    "/page.jpg": b"<!DOCTYPE html><p>Sign in</p>",
}


@pytest.mark.parametrize(
    ("platform", "kind", "path", "words"),
    [
        (Platform.INSTAGRAM, ContentType.IMAGE, "/a.png", "image/png is not accepted"),
        (Platform.INSTAGRAM, ContentType.REEL, "/short.mp4", "1 seconds, at least 3 are needed"),
        (Platform.THREADS, ContentType.VIDEO, "/cut.mp4", "it is cut off"),
        (Platform.THREADS, ContentType.IMAGE, "/page.jpg", "says image, is a web page"),
        (Platform.TIKTOK, ContentType.VIDEO, "/short.mp4", "1 seconds, at least 3 are needed"),
    ],
)
def test_a_file_that_would_be_refused_is_never_sent(
    platform, kind, path: str, words: str, system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, platform)
    system.know(account)
    with hosting(FILES) as host:
        type_ = MediaType.VIDEO if path.endswith(".mp4") else MediaType.IMAGE
        media = [(type_, host.url + path)]
        post = a_post(connection, user, [account], content_type=kind, media=media)
        system.step()
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.failure_kind) == ("failed", "rejected")
    assert found.error_message.startswith("media[0]: ")
    assert words in found.error_message
    assert system.calls(platform) == []
