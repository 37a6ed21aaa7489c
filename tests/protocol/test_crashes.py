"""Wherever a worker dies, the publication goes out once, and the row says so."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.content import ContentType, MediaType, Platform
from domain.messages import Dispatch
from tests.make import MadeAccount, MadePost, a_post, a_user, an_account, row_of
from tests.protocol.crashes import When, go_on, killed_at, recover, work_and_die
from tests.system import System

# Before and after the claim, the announcement (the call lies behind it) and the outcome.
MOMENTS: list[tuple[int, When]] = [
    (1, "before"),
    (1, "after"),
    (2, "before"),
    (2, "after"),
    (3, "before"),
    (3, "after"),
]
TEXT = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)


def a_due_post(system: System, session: psycopg.Connection, platform: Platform) -> MadePost:
    user = a_user(session)
    account = an_account(session, user, platform)
    system.know(account)
    match platform:
        case Platform.INSTAGRAM:
            return filmed(system, session, account, ContentType.IMAGE, MediaType.IMAGE)
        case Platform.TIKTOK:
            return filmed(system, session, account, ContentType.VIDEO, MediaType.VIDEO)
    return a_post(session, user, [account])


def filmed(
    system: System,
    session: psycopg.Connection,
    account: MadeAccount,
    content: ContentType,
    media: MediaType,
) -> MadePost:
    name = "photo.jpg" if media is MediaType.IMAGE else "clip.mp4"
    user = row_of(session, "social_accounts", account.id).user_id
    url = f"{system.sandbox_url}/_sandbox/media/{name}"
    return a_post(session, user, [account], media=[(media, url)], content_type=content)


def is_published_once(system: System, session: psycopg.Connection, post: MadePost) -> None:
    row = row_of(session, "post_publications", post.only)
    assert row.status == "published", row.error_message
    assert row_of(session, "posts", post.id).status == "published"
    assert len(system.accepted(text=f"hello {post.id}")) == 1


@pytest.mark.parametrize(("statement", "when"), MOMENTS)
@pytest.mark.parametrize("platform", TEXT)
def test_a_worker_that_dies_at_any_moment_leaves_nothing_lost_or_doubled(
    platform: Platform,
    statement: int,
    when: When,
    system: System,
    connection: psycopg.Connection,
):
    post = a_due_post(system, connection, platform)
    (dispatch,) = system.dispatch()
    work_and_die(system, dispatch, statement, when)
    recover(system, connection)
    is_published_once(system, connection, post)


@pytest.mark.parametrize("platform", [Platform.INSTAGRAM, Platform.TIKTOK])
@pytest.mark.parametrize("statement", range(1, 9))
def test_a_worker_that_dies_between_any_two_steps_of_a_long_flow_leaves_it_whole(
    platform: Platform, statement: int, system: System, connection: psycopg.Connection
):
    """The flow waits for the platform in between: the statements of several runs are counted on."""
    post = a_due_post(system, connection, platform)
    with killed_at(system.engine, statement, "after"):
        for _ in range(8):
            for dispatch in system.dispatch():
                system.work([dispatch])
            system.hurry(connection, post.only, by="5 minutes")
    recover(system, connection)
    is_published_once(system, connection, post)


def test_two_crashes_in_a_row_leave_nothing_lost_or_doubled(
    system: System, connection: psycopg.Connection
):
    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(st.sampled_from(TEXT), st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))
    def check(platform: Platform, first: tuple[int, When], second: tuple[int, When]) -> None:
        post = a_due_post(system, connection, platform)
        (dispatch,) = system.dispatch()
        work_and_die(system, dispatch, *first)
        go_on(system, connection)
        for again in system.dispatch():
            work_and_die(system, again, *second)
        recover(system, connection)
        is_published_once(system, connection, post)

    check()


def test_a_dead_worker_is_no_setback_of_the_publication(
    system: System, connection: psycopg.Connection
):
    post = a_due_post(system, connection, Platform.TWITTER)
    (dispatch,) = system.dispatch()
    work_and_die(system, dispatch, 1, "after")
    recover(system, connection)
    assert row_of(connection, "post_publications", post.only).retry_count == 0


def test_a_message_that_comes_twice_is_worked_on_once(
    system: System, connection: psycopg.Connection
):
    post = a_due_post(system, connection, Platform.TWITTER)
    (dispatch,) = system.dispatch()
    system.work([dispatch, dispatch, Dispatch(dispatch.publication_id, 99, dispatch.platform)])
    is_published_once(system, connection, post)
