"""A post follows its publications once it is released, and its owner before that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from uuid import UUID

import psycopg
import pytest

from db import dispatching
from db.engine import Engine
from domain.content import MediaType, Platform
from domain.states import Status, roll_up
from tests.make import MadePost, a_post, a_user, an_account, row_of, value
from tests.system import System

PLATFORMS = (Platform.THREADS, Platform.TWITTER, Platform.LINKEDIN)
DISCONNECT = """
    DELETE FROM social_accounts
    WHERE id = (SELECT social_account_id FROM post_publications WHERE id = %s)"""
IN_FLIGHT = "next_attempt_at = NULL, dispatched_at = NULL, lease_token = NULL, lease_until = NULL"
BY_STATUS: Mapping[Status, str] = {
    Status.PUBLISHING: "next_attempt_at = clock_timestamp()",
    Status.PUBLISHED: f"published_at = now(), platform_post_id = '1', {IN_FLIGHT}",
    Status.FAILED: f"failed_at = now(), failure_kind = 'rejected', error_message = 'no',"
    f" {IN_FLIGHT}",
    Status.CANCELLED: IN_FLIGHT,
}


def move(session: psycopg.Connection, publication: UUID, status: Status) -> None:
    extra = f", {BY_STATUS[status]}" if status in BY_STATUS else ""
    session.execute(
        f"UPDATE post_publications SET status = %s{extra} WHERE id = %s".encode(),
        [status, publication],
    )


def written(session: psycopg.Connection, count: int = 2) -> MadePost:
    user = a_user(session)
    return a_post(session, user, [an_account(session, user, p) for p in PLATFORMS[:count]])


def released(session: psycopg.Connection, count: int = 2) -> MadePost:
    post = written(session, count)
    session.execute("UPDATE posts SET status = 'publishing' WHERE id = %s", [post.id])
    for publication in post.publications.values():
        move(session, publication, Status.PUBLISHING)
    return post


def status_of(session: psycopg.Connection, post: MadePost) -> Status:
    return Status(row_of(session, "posts", post.id).status)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_released_post_follows_its_publications(count: int, connection: psycopg.Connection):
    for outcome in product(BY_STATUS, repeat=count):
        post = released(connection, count)
        for publication, status in zip(post.publications.values(), outcome, strict=True):
            if status is not Status.PUBLISHING:
                move(connection, publication, status)
        assert status_of(connection, post) == roll_up(outcome), outcome


def by_publish_now(session: psycopg.Connection, post: MadePost) -> None:
    session.execute("SELECT publish_now(%s)", [post.id])


def by_the_post_first(session: psycopg.Connection, post: MadePost) -> None:
    session.execute("UPDATE posts SET status = 'scheduled' WHERE id = %s", [post.id])
    for publication in post.publications.values():
        move(session, publication, Status.SCHEDULED)


def by_the_publications_first(session: psycopg.Connection, post: MadePost) -> None:
    for publication in post.publications.values():
        move(session, publication, Status.SCHEDULED)
    session.execute("UPDATE posts SET status = 'scheduled' WHERE id = %s", [post.id])


@pytest.mark.parametrize(
    ("before", "schedule"),
    [
        (Status.DRAFT, by_publish_now),
        (Status.CANCELLED, by_publish_now),
        *product(
            [Status.DRAFT, Status.CANCELLED, Status.FAILED],
            [by_the_post_first, by_the_publications_first],
        ),
    ],
)
def test_what_is_scheduled_again_waits_for_its_time_and_then_goes(
    before: Status, schedule, engine: Engine, connection: psycopg.Connection
):
    post = released(connection) if before is Status.FAILED else written(connection)
    for publication in post.publications.values():
        move(connection, publication, before)
    if before is not Status.FAILED:
        connection.execute("UPDATE posts SET status = %s WHERE id = %s", [before, post.id])
    assert status_of(connection, post) == before
    schedule(connection, post)
    assert status_of(connection, post) is Status.SCHEDULED
    with engine.connect() as session:
        gone = dispatching.release(session, batch=9, low_water=None, late_window=timedelta(hours=6))
    assert (gone.posts, gone.publications) == (1, 2)
    assert status_of(connection, post) is Status.PUBLISHING


def test_a_cancelled_post_can_be_made_a_draft_again(connection: psycopg.Connection):
    post = written(connection)
    connection.execute("SELECT cancel_post(%s)", [post.id])
    connection.execute("UPDATE posts SET status = 'draft'")
    connection.execute("UPDATE post_publications SET status = 'draft'")
    assert status_of(connection, post) is Status.DRAFT


@pytest.mark.parametrize(
    "withdraw",
    [
        "SELECT cancel_post(post_id) FROM post_publications WHERE id = %s",
        "UPDATE post_publications SET status = 'cancelled', next_attempt_at = NULL WHERE id = %s",
        "DELETE FROM post_publications WHERE id = %s",
        DISCONNECT,
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_post_is_complete_when_the_last_that_was_on_its_way_is_withdrawn(
    withdraw: str, late: bool, connection: psycopg.Connection
):
    post = written(connection) if late else released(connection)
    first, last = post.publications.values()
    if late:
        connection.execute("UPDATE posts SET status = 'publishing'")
        move(connection, first, Status.PUBLISHING)
    move(connection, first, Status.PUBLISHED)
    assert status_of(connection, post) is Status.PUBLISHING
    connection.execute(withdraw.encode(), [last])
    assert status_of(connection, post) is Status.PUBLISHED


def test_a_failure_does_not_count_against_a_publication_that_is_scheduled_again(
    connection: psycopg.Connection,
):
    post = released(connection, 1)
    connection.execute(
        "UPDATE post_publications SET crash_count = 2, settle_count = 3, retry_count = 4,"
        ' checkpoint = \'{"container": "1"}\', waiting_since = now()'
    )
    move(connection, post.only, Status.FAILED)
    move(connection, post.only, Status.SCHEDULED)
    found = row_of(connection, "post_publications", post.only)
    assert (found.crash_count, found.settle_count, found.checkpoint) == (0, 0, {})
    assert (found.failed_at, found.failure_kind, found.error_message) == (None, None, None)
    assert found.waiting_since is None
    assert found.retry_count == 4


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE posts SET content = 'better words'",
        "UPDATE posts SET title = 'better'",
        "INSERT INTO media (post_id, type, url) SELECT id, 'image', 'https://x/b' FROM posts",
        "UPDATE media SET url = 'https://x/b'",
        "DELETE FROM media",
    ],
)
def test_an_edit_forgets_what_was_prepared_of_the_earlier_content(
    edit: str, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.THREADS)
    post = a_post(connection, user, [account], media=[(MediaType.IMAGE, "https://x/a")])
    revision = row_of(connection, "posts", post.id).revision
    connection.execute('UPDATE post_publications SET checkpoint = \'{"container": "1"}\'')
    connection.execute(edit.encode())
    assert row_of(connection, "post_publications", post.only).checkpoint == {}
    assert row_of(connection, "posts", post.id).revision == revision + 1


def test_what_goes_out_is_the_edit_though_the_platform_holds_the_earlier_words(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.THREADS)
    system.know(account)
    post = a_post(connection, user, [account], content="first words")
    system.break_with(platform="threads", step="publish", action="throttle", retry_after=120)
    system.step()
    assert row_of(connection, "post_publications", post.only).checkpoint != {}
    connection.execute("UPDATE posts SET content = 'better words'")
    system.hurry(connection, post.only)
    system.step()
    assert [accepted["text"] for accepted in system.accepted()] == ["better words"]


def test_a_publication_in_doubt_is_sent_again_only_by_who_has_looked(
    connection: psycopg.Connection,
):
    post = released(connection, 1)
    move(connection, post.only, Status.FAILED)
    connection.execute("UPDATE post_publications SET failure_kind = 'unconfirmed'")
    assert value(connection, "SELECT retry_post(%s)", post.id) == 0
    assert value(connection, "SELECT retry_post(%s, true)", post.id) == 1
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.retry_count, found.failed_at) == ("publishing", 1, None)
    assert found.last_retry_at is not None
    assert status_of(connection, post) is Status.PUBLISHING


SAME_BUCKET_TWICE = """
    INSERT INTO analytics (post_publication_id, platform, period, recorded_at)
    SELECT id, platform, 'daily', '2020-01-01' FROM post_publications, generate_series(1, 2)"""
SAME_TARGET_TWICE = """
    INSERT INTO post_publications (post_id, social_account_id)
    SELECT post_id, social_account_id FROM post_publications"""
PUBLICATION = "UPDATE post_publications SET status = 'publishing', dispatched_at = now()"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO users (name, email, password) SELECT name, email, '$x' FROM users", "email"),
        ("INSERT INTO posts (user_id, status) SELECT id, 'published' FROM users", "published_have"),
        ("INSERT INTO posts (user_id, status) SELECT id, 'failed' FROM users", "failed_have"),
        ("UPDATE posts SET retry_count = -1", "posts_retry_count_is_not_negative"),
        ("UPDATE posts SET mentions = '{}'", "mentions_are_a_list"),
        (f"{PUBLICATION}, next_attempt_at = now()", "wait_or_fly"),
        (f"{PUBLICATION}, lease_until = now()", "leases_are_whole"),
        (f"{PUBLICATION}, retry_count = -1", "publications_retry_count_is_not_negative"),
        ("UPDATE media SET width = -1", "media_sizes_are_not_negative"),
        (SAME_BUCKET_TWICE, "post_publication_id_period_recorded_at"),
        (SAME_TARGET_TWICE, "idx_post_publications_post_platform"),
    ],
)
def test_what_cannot_be_true_is_refused_by_name(
    statement: str, constraint: str, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    a_post(connection, user, [account], media=[(MediaType.IMAGE, "https://x/a")])
    with pytest.raises(psycopg.errors.IntegrityError) as caught:
        connection.execute(statement.encode())
    assert constraint in (caught.value.diag.constraint_name or "")


def test_a_publication_cannot_be_published_without_its_id(connection: psycopg.Connection):
    released(connection, 1)
    with pytest.raises(psycopg.errors.CheckViolation, match="published_have_a_time_and_id"):
        connection.execute(
            "UPDATE post_publications SET status = 'published', published_at = now(),"
            " next_attempt_at = NULL"
        )


@pytest.mark.parametrize("table", ["users", "social_accounts", "posts", "post_publications"])
def test_when_a_row_was_last_written_is_the_databases_word(
    table: str, connection: psycopg.Connection
):
    written(connection)
    for claimed in ("'2000-01-01'", "updated_at"):
        with connection.transaction():
            connection.execute(f"UPDATE {table} SET updated_at = {claimed}".encode())
            assert value(connection, f"SELECT bool_and(updated_at = now()) FROM {table}")
