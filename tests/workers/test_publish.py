"""Posts leave for every platform, and every way it may go wrong ends as a true row."""

from __future__ import annotations

import psycopg
import pytest

from domain.content import ContentType, MediaType, Platform
from tests.make import a_post, a_user, an_account, row_of
from tests.system import System

SIMPLEST = {
    Platform.TWITTER: (ContentType.TEXT, ()),
    Platform.THREADS: (ContentType.TEXT, ()),
    Platform.FACEBOOK: (ContentType.TEXT, ()),
    Platform.LINKEDIN: (ContentType.TEXT, ()),
    Platform.INSTAGRAM: (ContentType.IMAGE, ("photo.jpg",)),
    Platform.TIKTOK: (ContentType.VIDEO, ("clip.mp4",)),
}


def simplest(system: System, session: psycopg.Connection, platform: Platform):
    """An account, and a post of the simplest content that its platform takes."""
    user = a_user(session)
    account = an_account(session, user, platform)
    system.know(account)
    kind, names = SIMPLEST[platform]
    film = platform is Platform.TIKTOK
    media = [
        (
            MediaType.VIDEO if film else MediaType.IMAGE,
            f"{system.sandbox_url}/_sandbox/media/{name}",
        )
        for name in names
    ]
    post = a_post(session, user, [account], content_type=kind, media=media)
    return account, post


def until_done(system: System, session: psycopg.Connection, publication) -> None:
    for _ in range(5):
        system.step()
        if row_of(session, "post_publications", publication).status != "publishing":
            return
        system.hurry(session, publication, by="90 seconds")


@pytest.mark.parametrize("platform", SIMPLEST)
def test_the_simplest_content_goes_out_once_and_the_rows_say_so(
    platform: Platform, system: System, connection: psycopg.Connection
):
    account, post = simplest(system, connection, platform)
    until_done(system, connection, post.only)
    publication = row_of(connection, "post_publications", post.only)
    (accepted,) = system.accepted(platform=platform)
    assert publication.status == "published"
    assert publication.published_at is not None
    assert publication.platform_post_id == accepted["id"]
    assert publication.platform_post_url == accepted["url"]
    assert publication.retry_count == 0
    assert row_of(connection, "posts", post.id).status == "published"
    after = row_of(connection, "social_accounts", account.id)
    assert after.posts_count == 1
    assert after.last_posted_at == publication.published_at
    assert after.health == "healthy"


@pytest.mark.parametrize("platform", SIMPLEST)
def test_an_answer_that_is_lost_is_asked_after_and_never_sent_again(
    platform: Platform, system: System, connection: psycopg.Connection
):
    _, post = simplest(system, connection, platform)
    system.break_with(platform=platform, step="publish", action="drop_after")
    for _ in range(3):
        system.step()
        if row_of(connection, "post_publications", post.only).intent_at:
            break
        system.hurry(connection, post.only, by="1 second")
    in_doubt = row_of(connection, "post_publications", post.only)
    assert in_doubt.status == "publishing"
    assert in_doubt.intent_at is not None
    until_done(system, connection, post.only)
    assert row_of(connection, "post_publications", post.only).status == "published"
    assert len(system.accepted(platform=platform)) == 1
