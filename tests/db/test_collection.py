"""What the database itself keeps of the collection of figures."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from domain.content import Platform
from tests.make import a_post, a_user, an_account, value

PUBLISHED = (
    "UPDATE post_publications SET status = 'published', next_attempt_at = NULL,"
    " published_at = now(), platform_post_id = '1930' WHERE id = %s"
)


def published(session: psycopg.Connection) -> uuid.UUID:
    user = a_user(session)
    post = a_post(session, user, [an_account(session, user, Platform.TWITTER)])
    session.execute(
        "UPDATE post_publications SET status = 'publishing', next_attempt_at = now() WHERE id = %s",
        [post.only],
    )
    session.execute(PUBLISHED, [post.only])
    return post.only


def test_what_is_published_is_followed_from_then_on(connection: psycopg.Connection):
    publication = published(connection)
    rows = connection.execute(
        "SELECT s.post_publication_id, s.social_account_id = pp.social_account_id,"
        " s.published_at = pp.published_at, s.next_sync_at"
        " FROM publication_syncs s, post_publications pp"
    ).fetchall()
    assert rows == [(publication, True, True, None)]


def test_what_is_written_as_published_is_followed_too(connection: psycopg.Connection):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    post = a_post(connection, user, [])
    connection.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, published_at,"
        " platform_post_id) VALUES (%s, %s, 'published', now(), '1930')",
        [post.id, account.id],
    )
    assert value(connection, "SELECT count(*) FROM publication_syncs") == 1


def test_a_snapshot_is_never_rewritten(connection: psycopg.Connection):
    published(connection)
    connection.execute(
        "INSERT INTO analytics (post_publication_id, platform, period, recorded_at, likes_count)"
        " SELECT id, platform, 'daily', '2020-01-01', 3 FROM post_publications"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="only ever grows"):
        connection.execute("UPDATE analytics SET likes_count = 4")


def test_an_accounts_figures_are_kept_once_a_day(connection: psycopg.Connection):
    account = an_account(connection, a_user(connection), Platform.TWITTER)
    for synced_at, followers in (
        ("2026-03-01 10:00+00", 100),
        ("2026-03-01 18:00+00", 104),
        ("2026-03-02 00:30+01", 105),
        ("2026-03-02 00:30+00", 107),
    ):
        connection.execute(
            "UPDATE social_accounts SET followers_count = %s, last_synced_at = %s WHERE id = %s",
            [followers, synced_at, account.id],
        )
    rows = connection.execute(
        "SELECT (recorded_at AT TIME ZONE 'UTC')::date::text, followers_count"
        " FROM account_snapshots ORDER BY recorded_at"
    ).fetchall()
    assert rows == [("2026-03-01", 100), ("2026-03-02", 107)]


def test_publishing_leaves_an_accounts_history_alone(connection: psycopg.Connection):
    account = an_account(connection, a_user(connection), Platform.TWITTER)
    connection.execute(
        "UPDATE social_accounts SET posts_count = posts_count + 1 WHERE id = %s", [account.id]
    )
    assert value(connection, "SELECT count(*) FROM account_snapshots") == 0
