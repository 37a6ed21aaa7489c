"""The hot statements read what they need and no more, also with a million rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from db import dispatching
from db.dispatching import LATE_SPACING, OVERDUE
from db.engine import Engine
from db.statements import statement
from domain.content import Platform
from tests.make import a_post, a_user, an_account, value
from tests.system import LATE_WINDOW

Node = dict[str, Any]

MILLION = 1_000_000
DUE = 500
RELEASE: dict[str, object] = {
    "low_water": "-infinity",
    "late_window": LATE_WINDOW,
    "overdue": OVERDUE,
    "rooms": json.dumps({"twitter": 500}),
    "crowding": [],
}


@pytest.fixture
def a_million_scheduled(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    connection.execute("ALTER TABLE posts DISABLE TRIGGER USER")
    connection.execute("DROP INDEX idx_posts_hashtags_gin, idx_posts_user_id")
    connection.execute("DROP INDEX idx_posts_mentions_gin, idx_posts_content_type")
    connection.execute(
        "INSERT INTO posts (user_id, status, scheduled_at) SELECT u.id, 'scheduled',"
        " now() + (n - %s) * interval '1 second' FROM users u, generate_series(1, %s) n",
        [DUE, MILLION],
    )
    connection.execute("ALTER TABLE posts ENABLE TRIGGER USER")
    connection.execute("VACUUM ANALYZE posts")
    return connection


def nodes(plan: Node) -> list[Node]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def explained(engine: Engine, name: str, **values: object) -> list[Node]:
    """The plan of a statement, run with these parameters."""
    lines = statement(name).text.splitlines()
    query = "\n".join(line for line in lines if not line.strip().startswith("--"))
    with engine.connect() as session:
        found = session.execute(
            text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}"), values
        ).scalar_one()
    document = found if isinstance(found, list) else json.loads(found)
    return nodes(document[0]["Plan"])


def test_with_a_million_scheduled_posts_the_claim_reads_a_few_buffers_a_row(
    engine: Engine, a_million_scheduled: psycopg.Connection
):
    assert value(a_million_scheduled, "SELECT count(*) FROM posts") == MILLION
    plan = explained(engine, "release", **RELEASE, batch=100)
    (scan,) = [n for n in plan if n.get("Index Name") == "idx_posts_scheduled_active"]
    locking = next(n for n in plan if n["Node Type"] == "LockRows")
    buffers = locking["Shared Hit Blocks"] + locking["Shared Read Blocks"]
    assert scan["Node Type"] == "Index Scan"
    assert locking["Actual Rows"] == 100
    assert buffers <= 5 * 100
    assert not [n for n in plan if n["Node Type"] == "Seq Scan" and n["Relation Name"] == "posts"]
    plan = explained(engine, "next_due", after="-infinity")
    assert "idx_posts_scheduled_active" in {n.get("Index Name") for n in plan}
    assert plan[0]["Shared Hit Blocks"] + plan[0]["Shared Read Blocks"] < 10


def test_the_release_goes_by_key_also_when_the_statistics_know_of_nothing_scheduled(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    load = (
        "WITH made AS (INSERT INTO posts (user_id, status, scheduled_at) SELECT %s, 'scheduled',"
        " now() FROM generate_series(1, 3000) RETURNING id) INSERT INTO post_publications"
        " (post_id, social_account_id) SELECT id, %s FROM made"
    )
    for table in ("posts", "post_publications"):
        connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
    connection.execute(load, [user, account.id])
    connection.execute("UPDATE post_publications SET status = 'cancelled'")
    connection.execute("UPDATE posts SET status = 'cancelled'")
    connection.execute("VACUUM ANALYZE posts, post_publications")
    connection.execute(load, [user, account.id])
    plan = explained(engine, "release", **RELEASE, batch=500)
    scans = [
        n
        for n in plan
        if n.get("Relation Name") == "post_publications" and "Scan" in n["Node Type"]
    ]
    looked_at = [
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in scans
    ]
    assert looked_at
    assert max(looked_at) <= 6000


@pytest.fixture
def gone_but_kept(connection: psycopg.Connection, database_url: str) -> Iterator[None]:
    """5,000 posts that were due an hour ago and are not scheduled any more, whose index entries an
    old transaction keeps."""
    connection.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    connection.execute("ALTER TABLE posts DISABLE TRIGGER USER")
    connection.execute(
        "INSERT INTO posts (user_id, status, scheduled_at) SELECT u.id, 'scheduled',"
        " now() - interval '1 hour' FROM users u, generate_series(1, 5000) n"
    )
    connection.execute("VACUUM ANALYZE posts")
    with psycopg.connect(database_url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT count(*) FROM posts")
        connection.execute("UPDATE posts SET status = 'draft'")
        connection.execute("VACUUM posts")
        yield


@pytest.mark.usefixtures("gone_but_kept")
def test_an_old_transaction_does_not_make_the_claim_walk_over_what_has_gone(
    engine: Engine, connection: psycopg.Connection
):
    walked, spared = (
        claimed_buffers(engine, low_water)
        for low_water in ("-infinity", value(connection, "SELECT now() - interval '1 minute'"))
    )
    assert walked > 50
    assert spared < walked / 10


@pytest.mark.usefixtures("gone_but_kept")
def test_an_old_transaction_does_not_make_the_poll_walk_over_what_was_taken(engine: Engine):
    with engine.connect() as session:
        done = dispatching.release(session, batch=9, low_water=None, late_window=LATE_WINDOW)
    (walked, *_), (spared, *_) = (
        explained(engine, "next_due", after=after) for after in ("-infinity", done.taken_until)
    )
    assert walked["Shared Hit Blocks"] > 50
    assert spared["Shared Hit Blocks"] < 10


def claimed_buffers(engine: Engine, low_water: object) -> int:
    """How many buffers the claim reads of which nothing comes."""
    plan = explained(engine, "release", **{**RELEASE, "low_water": low_water}, batch=100)
    locking = next(n for n in plan if n["Node Type"] == "LockRows")
    assert locking["Actual Rows"] == 0
    return int(locking["Shared Hit Blocks"] + locking["Shared Read Blocks"])


def test_the_dispatch_reads_one_index_entry_an_account_however_long_its_backlog(
    engine: Engine, connection: psycopg.Connection
):
    connection.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    connection.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username)"
        " SELECT id, 'twitter', '1', 't' FROM users"
    )
    connection.execute(
        "INSERT INTO posts (user_id, status, scheduled_at) SELECT id, 'publishing', now()"
        " FROM users, generate_series(1, 20000)"
    )
    connection.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, next_attempt_at)"
        " SELECT p.id, a.id, 'publishing', now() FROM posts p, social_accounts a"
    )
    connection.execute("VACUUM ANALYZE post_publications")
    rooms = json.dumps({"twitter": 500})
    plan = explained(engine, "dispatch", rooms=rooms, spacing=LATE_SPACING, overdue=OVERDUE)
    heads = [n for n in plan if n.get("Index Name") == "idx_post_publications_waiting"]
    assert heads
    assert sum(n["Actual Rows"] * n["Actual Loops"] for n in heads) <= 2


def many_accounts(session: psycopg.Connection, count: int) -> None:
    """Each with one publication on X, all due at one instant."""
    session.execute(
        "INSERT INTO users (name, email, password)"
        " SELECT 'T', n || '@b', '$x' FROM generate_series(1, %s) AS n",
        [count],
    )
    session.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username)"
        " SELECT id, 'twitter', '1', 't' FROM users"
    )
    session.execute(
        "INSERT INTO posts (user_id, status, scheduled_at) SELECT id, 'scheduled', now() FROM users"
    )
    session.execute(
        "INSERT INTO post_publications (post_id, social_account_id)"
        " SELECT p.id, a.id FROM posts p JOIN social_accounts a USING (user_id)"
    )


def six_thousand_accounts(session: psycopg.Connection) -> None:
    """Each with one publication on X that is due, and waits for its dispatch."""
    many_accounts(session, 6000)
    session.execute("UPDATE post_publications SET status = 'publishing', next_attempt_at = now()")
    session.execute("UPDATE posts SET status = 'publishing'")


def test_a_pass_looks_at_two_thousand_accounts_at_most_and_passes_reach_them_all(
    engine: Engine, connection: psycopg.Connection
):
    six_thousand_accounts(connection)
    rooms = json.dumps({"twitter": 10})
    plan = explained(engine, "dispatch", rooms=rooms, spacing=LATE_SPACING, overdue=OVERDUE)
    heads = [n for n in plan if n.get("Index Name") == "idx_post_publications_waiting"]
    assert 1990 <= sum(n["Actual Rows"] * n["Actual Loops"] for n in heads) <= 2010
    with engine.connect() as session:
        passes = [dispatching.dispatch(session, {Platform.TWITTER: 2500}) for _ in range(12)]
    assert sum(len(found) for found in passes) == 6000 - 10


@pytest.mark.parametrize("hindrance", ["no room", "a pause"])
def test_a_backlog_on_one_platform_is_not_looked_at_for_another(
    hindrance: str, engine: Engine, connection: psycopg.Connection
):
    six_thousand_accounts(connection)
    user = a_user(connection)
    a_post(connection, user, [an_account(connection, user, Platform.THREADS)])
    with engine.connect() as session:
        dispatching.release(session, batch=500, low_water=None, late_window=timedelta(hours=6))
    rooms = {"twitter": 0 if hindrance == "no room" else 500, "threads": 500}
    if hindrance == "a pause":
        connection.execute(
            "INSERT INTO platform_pauses (platform, paused_until, reason)"
            " VALUES ('twitter', now() + interval '1 hour', 'out')"
        )
    plan = explained(
        engine, "dispatch", rooms=json.dumps(rooms), spacing=LATE_SPACING, overdue=OVERDUE
    )
    heads = [n for n in plan if n.get("Index Name") == "idx_post_publications_waiting"]
    assert sum(n["Actual Rows"] * n["Actual Loops"] for n in heads) <= 3
    assert plan[0]["Actual Rows"] == 1


@pytest.mark.parametrize("rooms", [{Platform.TWITTER: 500}, {}], ids=["at once", "after a wait"])
def test_what_is_sent_one_after_the_other_does_not_lie_side_by_side(
    rooms: dict[Platform, int], engine: Engine, connection: psycopg.Connection
):
    many_accounts(connection, 500)
    with engine.connect() as session:
        dispatches = dispatching.release(
            session, batch=500, low_water=None, late_window=LATE_WINDOW, rooms=rooms
        ).dispatches or dispatching.dispatch(session, {Platform.TWITTER: 500})
    lies = connection.execute("SELECT id, (ctid::text::point)[0] FROM post_publications")
    page: dict[UUID, float] = dict(lies)
    batches = [dispatches[start : start + 50] for start in range(0, 500, 50)]
    assert len(batches[-1]) == 50
    assert min(len({page[one.publication_id] for one in batch}) for batch in batches) >= 10


def a_history(session: psycopg.Connection, publications: int) -> None:
    """So many publications of one account, all published and looked at, but the last three."""
    session.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    session.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username)"
        " SELECT id, 'twitter', '1', 't' FROM users"
    )
    session.execute(
        "INSERT INTO posts (user_id, status, published_at) SELECT id, 'published', now()"
        " FROM users, generate_series(1, %s)",
        [publications],
    )
    session.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, published_at,"
        " platform_post_id) SELECT p.id, a.id, 'published', now(), '1'"
        " FROM posts p, social_accounts a"
    )
    session.execute(
        "INSERT INTO publication_checks (post_publication_id, social_account_id, check_at)"
        " SELECT id, social_account_id, now() + interval '13 minutes' FROM post_publications"
    )
    session.execute(
        "UPDATE publication_checks SET check_at = now() WHERE post_publication_id IN"
        " (SELECT post_publication_id FROM publication_checks LIMIT 3)"
    )
    session.execute(
        "INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event)"
        " SELECT id, 1, 'publish', 'published' FROM post_publications"
    )
    session.execute("VACUUM ANALYZE publication_checks, publication_attempts, post_publications")


def test_finding_what_is_to_be_looked_for_and_outages_costs_the_same_with_a_long_history(
    engine: Engine, connection: psycopg.Connection
):
    a_history(connection, 20_000)
    due = explained(engine, "due_checks", window=1000, accounts=200, platforms=list(Platform))
    assert due[0]["Actual Rows"] == 1
    assert due[0]["Shared Hit Blocks"] + due[0]["Shared Read Blocks"] < 30
    seen = explained(engine, "setbacks", window=timedelta(minutes=1), tail=500)
    read = [n for n in seen if n.get("Relation Name") == "publication_attempts"]
    assert "publication_attempts_pkey" in {n.get("Index Name") for n in read}
    assert max(n["Actual Rows"] for n in read) <= 500
