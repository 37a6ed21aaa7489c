"""X and LinkedIn over real HTTP: every kind of content is accepted once, whatever goes wrong."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from domain.content import ContentType, JsonObject, MediaType, Platform
from platforms.registry import ADAPTERS
from tests.make import KEYRING, MadeAccount, MadePost, a_post, a_user, an_account, row_of
from tests.system import System
from workers.run import Run

X, LINKEDIN = Platform.TWITTER, Platform.LINKEDIN
IMAGE, GIF, VIDEO, PAPER = (
    (MediaType.IMAGE, "a.jpg"),
    (MediaType.GIF, "a.gif?width=480&height=270"),
    (MediaType.VIDEO, "a.mp4?bytes=9437184&seconds=10"),
    (MediaType.DOCUMENT, "a.pdf"),
)
OTHER = (MediaType.IMAGE, "b.jpg")
CONTENTS = [
    (X, ContentType.IMAGE, (IMAGE,), {}),
    (X, ContentType.IMAGE, (GIF,), {}),
    (X, ContentType.CAROUSEL, (IMAGE, OTHER), {}),
    (X, ContentType.VIDEO, (VIDEO,), {}),
    (X, ContentType.TEXT, (), {"poll": {"options": ["a", "b"], "duration_minutes": 60}}),
    (LINKEDIN, ContentType.IMAGE, (IMAGE,), {}),
    (LINKEDIN, ContentType.CAROUSEL, (IMAGE, OTHER), {}),
    (LINKEDIN, ContentType.CAROUSEL, (PAPER,), {}),
    (LINKEDIN, ContentType.VIDEO, (VIDEO,), {}),
    (LINKEDIN, ContentType.TEXT, (), {"poll": {"question": "Tea?", "options": ["yes", "no"]}}),
    (LINKEDIN, ContentType.TEXT, (), {"article": {"source": "https://e.org", "title": "Sale"}}),
]


class Crash(BaseException):
    """The worker's process is gone."""


class Doomed(Run):
    """A worker's journal that dies with its process once it has stored so much."""

    left = 0

    def save(self, checkpoint: JsonObject, *, now: bool = False) -> None:
        super().save(checkpoint, now=now)
        Doomed.left -= now
        if Doomed.left == 0:
            raise Crash


def account_of(
    system: System, session: psycopg.Connection, platform: Platform, *, page: bool = False
) -> MadeAccount:
    user = a_user(session)
    urn = {"platform_user_id": "urn:li:organization:5583111"} if page else {}
    made = an_account(session, user, platform, **urn)
    system.know_entry(
        {**made.sandbox_entry, "id": urn.get("platform_user_id", made.platform_user_id)}
    )
    return made


def post_of(
    system: System,
    session: psycopg.Connection,
    account: MadeAccount,
    kind: ContentType = ContentType.TEXT,
    media: Any = (),
    **columns: Any,
) -> MadePost:
    files = [(what, f"{system.sandbox_url}/_sandbox/media/{name}") for what, name in media]
    user = row_of(session, "social_accounts", account.id).user_id
    return a_post(session, user, [account], content_type=kind, media=files, **columns)


def until_done(system: System, session: psycopg.Connection, post: MadePost) -> Any:
    for _ in range(12):
        system.step()
        found = row_of(session, "post_publications", post.only)
        if found.status != "publishing":
            return found
        system.hurry(session, post.only, by="70 seconds")
    return found


def test_every_kind_of_content_is_accepted_once(system: System, connection: psycopg.Connection):
    for platform, kind, media, options in CONTENTS:
        account = account_of(system, connection, platform)
        metadata = {platform: options}
        post = post_of(system, connection, account, kind, media, metadata=metadata)
        done = until_done(system, connection, post)
        (accepted,) = system.accepted(platform=platform, account=account.platform_user_id)
        assert (done.status, done.error_message) == ("published", None)
        assert (done.platform_post_id, done.platform_post_url) == (accepted["id"], accepted["url"])
        assert len(accepted["media"]) == len(media)  # type: ignore[arg-type]


@pytest.mark.parametrize(("platform", "stored", "sent"), [(X, 7, 9), (LINKEDIN, 3, 3)])
def test_a_crash_in_the_middle_of_an_upload_goes_on_with_the_next_part(
    platform, stored, sent, system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, platform)
    post = post_of(system, connection, account, ContentType.VIDEO, (VIDEO,))
    (dispatch,) = system.dispatch()
    run = Doomed(system.take(dispatch), system.publisher.writer)
    Doomed.left = stored
    exchange = system.publisher.transport.exchange(platform, token_of(connection, account))
    with pytest.raises(Crash):
        exchange.run(ADAPTERS[platform].publish(run.job()), run)
    connection.execute(
        "UPDATE post_publications SET lease_until = clock_timestamp() - interval '1 second'"
    )
    assert system.reap() == 1
    assert until_done(system, connection, post).status == "published"
    parts = [call for call in system.calls(platform) if "/append" in call or call.startswith("PUT")]
    assert len(parts) == sent
    assert len(system.accepted(platform=platform)) == 1


def token_of(session: psycopg.Connection, account: MadeAccount) -> str:
    sealed = row_of(session, "social_accounts", account.id).access_token
    return KEYRING.open(sealed, row=account.id, column="access_token")


@pytest.mark.parametrize(("platform", "page"), [(X, False), (LINKEDIN, True)])
def test_a_lost_answer_about_a_picture_without_text_is_settled_by_what_the_post_shows(
    platform, page, system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, platform, page=page)
    post = post_of(system, connection, account, ContentType.IMAGE, (IMAGE,), content="")
    system.break_with(platform=platform, step="publish", action="drop_after")
    assert until_done(system, connection, post).status == "published"
    assert len(system.accepted(platform=platform)) == 1


THREAD = {"twitter": {"thread": ["two", "three"]}}


@pytest.mark.parametrize(
    ("skip", "action"),
    [(0, "drop_after"), (1, "drop_after"), (2, "error_after"), (1, "drop_before"), (2, "error")],
)
def test_each_post_of_a_thread_goes_out_once_whichever_answer_is_lost(
    skip, action, system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, X)
    post = post_of(system, connection, account, content="one", metadata=THREAD)
    system.break_with(platform=X, step="publish", action=action, skip=skip, status=503)
    done = until_done(system, connection, post)
    accepted = system.accepted(platform=X)
    assert (done.status, done.error_message) == ("published", None)
    assert [one["text"] for one in accepted] == ["one", "two", "three"]
    chain = [one["reply_to"] for one in accepted]
    assert chain == [None, accepted[0]["id"], accepted[1]["id"]]
    assert done.platform_post_id == accepted[0]["id"]


def test_a_thread_that_x_refuses_half_way_says_what_is_out(
    system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, X)
    post = post_of(system, connection, account, content="one", metadata=THREAD)
    system.break_with(platform=X, step="publish", action="reject", skip=1)
    done = until_done(system, connection, post)
    assert done.status == "published"
    assert "further post 1 of 2 was not posted" in done.error_message
    assert [one["text"] for one in system.accepted(platform=X)] == ["one"]


@pytest.mark.parametrize(
    ("action", "page", "there"),
    [(None, False, 1), ("drop_after", True, 1), ("drop_before", True, 1), ("forbid", False, 0)],
)
def test_the_first_comment_never_undoes_the_post(
    action, page, there, system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, LINKEDIN, page=page)
    metadata = {"linkedin": {"first_comment": "more (here)"}}
    post = post_of(system, connection, account, metadata=metadata)
    if action:
        system.break_with(platform=LINKEDIN, step="comment", action=action)
    done = until_done(system, connection, post)
    (accepted,) = system.accepted(platform=LINKEDIN)
    comments: Any = accepted["comments"]
    assert done.status == "published"
    assert [comment["text"] for comment in comments] == ["more (here)"] * there
    assert (done.error_message is None) is bool(there)


@pytest.mark.parametrize(("platform", "page"), [(X, False), (LINKEDIN, True)])
def test_media_that_cannot_be_processed_are_named_and_nothing_goes_out(
    platform, page, system: System, connection: psycopg.Connection
):
    account = account_of(system, connection, platform, page=page)
    post = post_of(system, connection, account, ContentType.VIDEO, (VIDEO,))
    system.break_with(platform=platform, step="prepare", action="fail_processing", reason="too odd")
    failed = until_done(system, connection, post)
    assert (failed.status, failed.failure_kind) == ("failed", "rejected")
    assert "media[0]" in failed.error_message
    assert "too odd" in failed.error_message
    assert system.accepted(platform=platform) == []
