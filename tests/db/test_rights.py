"""Each role sees and does what it is for, row by row."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from domain.content import MediaType, Platform
from tests.make import a_post, a_user, an_account, value

TABLES = (
    "users",
    "social_accounts",
    "posts",
    "post_publications",
    "media",
    "publication_attempts",
    "post_words",
)


def a_tenant(session: psycopg.Connection) -> uuid.UUID:
    user = a_user(session)
    account = an_account(session, user, Platform.TWITTER)
    post = a_post(session, user, [account], media=[(MediaType.IMAGE, "https://x/a.jpg")])
    session.execute(
        "INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event)"
        " VALUES (%s, 1, 'publish', 'intent')",
        [post.only],
    )
    return user


def become(session: psycopg.Connection, role: str, user: uuid.UUID | None = None) -> None:
    session.execute(f"SET ROLE {role}".encode())
    session.execute("SELECT set_config('app.user_id', %s, false)", [str(user or "")])


@pytest.fixture
def tenants(connection: psycopg.Connection) -> tuple[uuid.UUID, uuid.UUID]:
    return a_tenant(connection), a_tenant(connection)


@pytest.mark.parametrize("table", TABLES)
def test_a_service_sees_the_rows_of_its_user_only(
    table: str, connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    become(connection, "publishing_app", tenants[0])
    assert value(connection, f"SELECT count(*) FROM {table}") == 1
    become(connection, "publishing_app")
    assert value(connection, f"SELECT count(*) FROM {table}") == 0


def test_a_service_writes_for_its_user_only(
    connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    mine, theirs = tenants
    become(connection, "publishing_app", mine)
    connection.execute("INSERT INTO posts (user_id, content) VALUES (%s, 'hi')", [mine])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("INSERT INTO posts (user_id, content) VALUES (%s, 'hi')", [theirs])
    changed = connection.execute("UPDATE posts SET title = 't' WHERE user_id = %s", [theirs])
    assert changed.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM publication_attempts")


def test_a_service_cannot_publish_to_the_account_of_another_user(
    connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    mine, theirs = tenants
    account = value(connection, "SELECT id FROM social_accounts WHERE user_id = %s", theirs)
    post = a_post(connection, mine, []).id
    become(connection, "publishing_app", mine)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "INSERT INTO post_publications (post_id, social_account_id, platform)"
            " VALUES (%s, %s, 'twitter')",
            [post, account],
        )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE post_publications SET social_account_id = %s", [account])


def test_only_the_workers_make_partitions(connection: psycopg.Connection):
    become(connection, "publishing_worker")
    assert connection.execute("SELECT make_analytics_partitions(4)").rowcount == 1
    for role in ("publishing_app", "publishing_readonly"):
        connection.execute("RESET ROLE")
        become(connection, role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT make_analytics_partitions(5)")


def test_a_service_can_use_the_ways_in(
    connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    mine, theirs = (
        value(connection, "SELECT id FROM posts WHERE user_id = %s", user) for user in tenants
    )
    become(connection, "publishing_app", tenants[0])
    assert value(connection, "SELECT publish_now(%s)", mine) == 1
    assert value(connection, "SELECT bool_and(cancelled) FROM cancel_post(%s)", mine)
    assert connection.execute("SELECT * FROM cancel_post(%s)", [theirs]).fetchall() == []


@pytest.mark.parametrize("role", ["publishing_app", "publishing_readonly"])
def test_what_a_worker_has_in_hand_is_its_own(role: str, connection: psycopg.Connection):
    hidden = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'post_publications'::regclass"
        " AND attnum > 0 AND NOT attisdropped"
        " AND NOT has_column_privilege(%s, attrelid, attnum, 'SELECT')",
        [role],
    )
    assert {name for (name,) in hidden} == {"checkpoint", "lease_token"}


def test_a_service_edits_what_is_prepared_already(
    connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    prepared = """UPDATE post_publications SET checkpoint = '{"container": "c1"}'"""
    connection.execute(prepared.encode())
    become(connection, "publishing_app", tenants[0])
    connection.execute("UPDATE posts SET content = 'anew'")
    connection.execute("RESET ROLE")
    kept = connection.execute(
        "SELECT user_id, checkpoint FROM posts p JOIN post_publications pp ON pp.post_id = p.id"
    )
    assert dict(kept.fetchall()) == {tenants[0]: {}, tenants[1]: {"container": "c1"}}


def test_the_workers_see_every_row(
    connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    become(connection, "publishing_worker")
    for table in TABLES:
        assert value(connection, f"SELECT count(*) FROM {table}") == len(tenants)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT access_token FROM social_accounts",
        "SELECT refresh_token FROM social_accounts",
        "SELECT password FROM users",
        "SELECT checkpoint FROM post_publications",
        "UPDATE posts SET title = 't'",
        "DELETE FROM posts",
        "SELECT publish_now(id) FROM posts",
    ],
)
def test_reports_see_every_row_but_no_secret_and_write_nothing(
    statement: str, connection: psycopg.Connection, tenants: tuple[uuid.UUID, uuid.UUID]
):
    become(connection, "publishing_readonly")
    assert value(connection, "SELECT count(id) FROM social_accounts") == len(tenants)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
