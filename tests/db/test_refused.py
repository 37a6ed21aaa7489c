"""The database keeps its own rules, whoever writes."""

from __future__ import annotations

import psycopg
import pytest

from domain.content import Platform
from tests.make import a_post, a_user, an_account, row_of, value


def test_an_account_of_another_user_is_refused_and_named(connection: psycopg.Connection):
    mine, theirs = a_user(connection), a_user(connection)
    account = an_account(connection, theirs, Platform.TWITTER)
    with pytest.raises(psycopg.errors.CheckViolation, match="another user") as caught:
        a_post(connection, mine, [account])
    assert caught.value.diag.column_name == "social_account_id"
    assert "account of the user" in (caught.value.diag.message_hint or "")


def test_a_platform_other_than_the_accounts_is_refused(connection: psycopg.Connection):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    post = a_post(connection, user, [])
    with pytest.raises(psycopg.errors.CheckViolation, match="the account is on twitter"):
        connection.execute(
            "INSERT INTO post_publications (post_id, social_account_id, platform)"
            " VALUES (%s, %s, 'tiktok')",
            [post.id, account.id],
        )


def test_an_unknown_platform_is_refused(connection: psycopg.Connection):
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="myspace"):
        an_account(connection, a_user(connection), "myspace")  # type: ignore[arg-type]


def test_accounts_and_posts_never_change_hands(connection: psycopg.Connection):
    mine, theirs = a_user(connection), a_user(connection)
    an_account(connection, mine, Platform.TWITTER)
    a_post(connection, mine, [])
    for table in ("social_accounts", "posts"):
        with pytest.raises(psycopg.errors.CheckViolation, match="another user"):
            connection.execute(f"UPDATE {table} SET user_id = %s".encode(), [theirs])


def test_an_illegal_move_is_refused_with_what_to_use_instead(connection: psycopg.Connection):
    user = a_user(connection)
    a_post(connection, user, [])
    with pytest.raises(psycopg.errors.CheckViolation, match="cannot go from") as caught:
        connection.execute("UPDATE posts SET status = 'published', published_at = now()")
    assert "retry_post" in (caught.value.diag.message_hint or "")


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO users (name, email, password) VALUES ('a', 'b', '$x')", "has_an_at"),
        ("INSERT INTO users (name, email, password) VALUES ('a', 'a@b', 'plain')", "is_hashed"),
        ("UPDATE social_accounts SET access_token = 'plain'", "access_token_is_sealed"),
        ("UPDATE social_accounts SET refresh_token = 'plain'", "refresh_token_is_sealed"),
        ("UPDATE social_accounts SET posts_count = -1", "not_negative"),
        ("UPDATE posts SET scheduled_at = NULL", "scheduled_have_a_time"),
        ("UPDATE posts SET hashtags = '{}'", "hashtags_are_a_list"),
        ("UPDATE post_publications SET status = 'publishing'", "never_stranded"),
        ("UPDATE post_publications SET intent_at = now()", "only_publishing"),
        ("UPDATE post_publications SET status = 'failed'", "time_and_kind"),
    ],
)
def test_the_checks_are_named_for_what_they_assert(
    statement: str, constraint: str, connection: psycopg.Connection
):
    user = a_user(connection)
    a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        connection.execute(statement.encode())
    assert constraint in (caught.value.diag.constraint_name or "")


def test_updated_at_and_is_scheduled_are_kept_by_the_database(connection: psycopg.Connection):
    user = a_user(connection)
    post = a_post(connection, user, [])
    before = row_of(connection, "posts", post.id)
    assert before.is_scheduled
    connection.execute("UPDATE posts SET status = 'draft'")
    after = row_of(connection, "posts", post.id)
    assert not after.is_scheduled
    assert after.updated_at > before.updated_at


def test_history_is_never_rewritten(connection: psycopg.Connection):
    user = a_user(connection)
    post = a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    connection.execute(
        "INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event)"
        " VALUES (%s, 1, 'publish', 'intent')",
        [post.only],
    )
    for table in ("publication_attempts", "audit_log"):
        assert value(connection, f"SELECT count(*) FROM {table}") > 0
        with pytest.raises(psycopg.errors.CheckViolation, match="only ever grows"):
            connection.execute(f"UPDATE {table} SET at = now()".encode())


def test_sensitive_changes_are_audited_without_their_secrets(connection: psycopg.Connection):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    connection.execute("UPDATE users SET password = '$argon2id$new', role = 'admin'")
    connection.execute("UPDATE social_accounts SET access_token = 'v1:k:new-sealed-token'")
    entries = connection.execute(
        "SELECT table_name, action, changes::text FROM audit_log ORDER BY id"
    ).fetchall()
    assert [(table, action) for table, action, _ in entries] == [
        ("users", "insert"),
        ("social_accounts", "insert"),
        ("users", "update"),
        ("social_accounts", "update"),
    ]
    assert '"role": ["user", "admin"]' in entries[2][2]
    everything = str(entries)
    assert "new-sealed-token" not in everything
    assert "argon2id" not in everything
    assert str(account.id) in everything


def test_cancelling_and_retrying_are_audited(connection: psycopg.Connection):
    user = a_user(connection)
    post = a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    connection.execute("SELECT cancel_post(%s)", [post.id])
    row = connection.execute(
        "SELECT changes ->> 'status' FROM audit_log WHERE row_id = %s", [post.only]
    ).fetchone()
    assert row == ('["scheduled", "cancelled"]',)


def test_publish_now_makes_a_draft_due_and_refuses_what_has_gone(connection: psycopg.Connection):
    user = a_user(connection)
    accounts = [an_account(connection, user, p) for p in (Platform.TWITTER, Platform.THREADS)]
    draft = a_post(connection, user, accounts, status="draft")
    assert value(connection, "SELECT publish_now(%s)", draft.id) == 2
    found = row_of(connection, "posts", draft.id)
    assert found.status == "scheduled"
    assert found.scheduled_at is not None
    connection.execute("UPDATE posts SET status = 'publishing'")
    for post in (draft.id, user):
        with pytest.raises(psycopg.errors.NoDataFound, match="none that could be published"):
            connection.execute("SELECT publish_now(%s)", [post])


def test_a_cancelled_post_can_be_scheduled_again(connection: psycopg.Connection):
    user = a_user(connection)
    post = a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    assert value(connection, "SELECT bool_and(cancelled) FROM cancel_post(%s)", post.id)
    assert row_of(connection, "posts", post.id).status == "cancelled"
    assert value(connection, "SELECT publish_now(%s)", post.id) == 1
    assert row_of(connection, "post_publications", post.only).status == "scheduled"
