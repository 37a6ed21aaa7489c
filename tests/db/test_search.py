"""Posts and accounts are found, and finding them costs what is found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from db import search
from db.engine import Engine, transaction
from domain.content import Platform
from tests.history import midnight
from tests.make import a_post, a_user, an_account, value
from tests.scheduler.test_plans import Node, nodes

HOUR = timedelta(hours=1)


def found(engine: Engine, query: search.Query) -> list[Any]:
    with engine.connect() as connection:
        return [row["id"] for row in search.found(connection, query)]


def plan(engine: Engine, query: search.Query, *, seqscan: str = "on") -> list[Node]:
    compiled = query.compile(
        dialect=postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    with transaction(engine) as connection:
        connection.execute(text(f"SET LOCAL enable_seqscan = {seqscan}"))
        told = connection.execute(
            text("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + str(compiled).replace(":", r"\:"))
        ).scalar_one()
    document = told if isinstance(told, list) else json.loads(told)
    return nodes(document[0]["Plan"])


def buffers(plan: list[Node]) -> int:
    return int(plan[0]["Shared Hit Blocks"] + plan[0]["Shared Read Blocks"])


def indexes(plan: list[Node]) -> set[str]:
    return {node["Index Name"] for node in plan if "Index Name" in node}


def test_scheduled_posts_come_in_the_order_in_which_they_go(
    engine: Engine, connection: psycopg.Connection
):
    user, other = a_user(connection), a_user(connection)
    later, sooner, _past, _theirs = (
        a_post(connection, owner, [], due_in=due_in).id
        for owner, due_in in ((user, 2 * HOUR), (user, HOUR), (user, -HOUR), (other, HOUR))
    )
    a_post(connection, user, [], due_in=HOUR, status="draft")
    now = value(connection, "SELECT now()")
    assert found(engine, search.upcoming(user, now, 10)) == [sooner, later]
    assert found(engine, search.upcoming(user, now, 1)) == [sooner]


def test_active_accounts_are_those_that_publish(engine: Engine, connection: psycopg.Connection):
    user = a_user(connection)
    active = an_account(connection, user, Platform.TWITTER)
    an_account(connection, user, Platform.THREADS, status="expired")
    an_account(connection, a_user(connection), Platform.TWITTER)
    assert found(engine, search.active_accounts(user)) == [active.id]


def test_publications_come_with_account_and_figures_the_last_published_first(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    platforms = (Platform.THREADS, Platform.TWITTER, Platform.LINKEDIN)
    post = a_post(connection, user, [an_account(connection, user, name) for name in platforms])
    for days, platform in enumerate(platforms[:2]):
        connection.execute(
            "UPDATE post_publications SET status = 'publishing', next_attempt_at = now()"
            " WHERE id = %s",
            [post.publications[platform]],
        )
        connection.execute(
            "UPDATE post_publications SET status = 'published', next_attempt_at = NULL,"
            " platform_post_id = '1', published_at = %s, likes_count = 7,"
            """ analytics = '{"clicks_count": 3}' WHERE id = %s""",
            [midnight() + timedelta(days=days), post.publications[platform]],
        )
    with engine.connect() as session:
        rows = search.found(session, search.publications(post.id))
    told = [(row["platform"], row["likes_count"], row["clicks_count"]) for row in rows]
    assert told == [("twitter", 7, 3), ("threads", 7, 3), ("linkedin", None, None)]
    assert {row["username"] for row in rows} == {"tester"}


@pytest.mark.parametrize(
    ("words", "hashtag", "titles"),
    [
        ("coffee", None, ["In the title: coffee", "Morning"]),
        ('"good coffee"', None, ["Morning"]),
        ("coffee -good", None, ["In the title: coffee"]),
        (None, "lakes", ["Morning"]),
        ("coffee", "Lakes", []),
        ("tea", None, []),
        ("'; DROP TABLE posts; --", None, []),
    ],
)
def test_search_knows_words_phrases_exclusions_and_hashtags(
    words: str | None,
    hashtag: str | None,
    titles: list[str],
    engine: Engine,
    connection: psycopg.Connection,
):
    user = a_user(connection)
    a_post(connection, user, [], content="A good coffee", title="Morning", hashtags=["lakes"])
    a_post(connection, user, [], content="Nothing", title="In the title: coffee")
    query = search.matching(words=words, hashtag=hashtag, user_id=None, limit=10)
    ids = found(engine, query)
    names = {row[0]: row[1] for row in connection.execute("SELECT id, title FROM posts")}
    assert [names[post] for post in ids] == titles


def test_search_knows_a_post_as_it_was_last_edited(engine: Engine, connection: psycopg.Connection):
    post = a_post(connection, a_user(connection), [], content="coffee")
    connection.execute("UPDATE posts SET content = 'tea', title = 'cakes'")
    for words, ids in (("coffee", []), ("tea cakes", [post.id])):
        query = search.matching(words=words, hashtag=None, user_id=None, limit=10)
        assert found(engine, query) == ids


@pytest.fixture
def many(connection: psycopg.Connection) -> UUID:
    """20,000 posts of 100 users; each has 100 scheduled ones among his 200. One of the users."""
    connection.execute("ALTER TABLE posts DISABLE TRIGGER USER")
    connection.execute("ALTER TABLE posts ENABLE TRIGGER _850_keep_words")
    connection.execute(
        "INSERT INTO users (name, email, password)"
        " SELECT 'T', n || '@example.org', '$x' FROM generate_series(1, 100) n"
    )
    connection.execute(
        "INSERT INTO posts (user_id, status, scheduled_at, content, hashtags)"
        " SELECT u.id, (CASE WHEN n % 2 = 0 THEN 'scheduled' ELSE 'draft' END)::post_status,"
        " now() + n * interval '1 minute', 'word' || n, jsonb_build_array('tag' || n)"
        " FROM users u, generate_series(1, 200) n"
    )
    connection.execute("VACUUM ANALYZE posts, post_words")
    user = value(connection, "SELECT id FROM users LIMIT 1")
    return UUID(str(user))


def test_each_query_reads_what_it_finds_by_its_index(engine: Engine, many: UUID):
    coming = plan(engine, search.upcoming(many, midnight(), 50))
    assert "idx_posts_user_status" in indexes(coming)
    tagged = plan(engine, search.matching(words=None, hashtag="tag7", user_id=None, limit=50))
    assert "idx_posts_hashtags_gin" in indexes(tagged)
    worded = plan(engine, search.matching(words="word7", hashtag=None, user_id=None, limit=50))
    assert "idx_post_words_gin" in indexes(worded)
    mine = plan(engine, search.posts(user_id=many, limit=50))
    assert indexes(mine) & {"idx_posts_user_status", "idx_posts_user_id"}
    for cost in (coming, tagged, worded, mine):
        assert buffers(cost) < 600
        assert not [n for n in cost if n["Node Type"] == "Seq Scan" and n["Plan Rows"] > 1000]


def test_accounts_and_publications_are_found_by_their_owner(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    for _ in range(30):
        an_account(connection, a_user(connection), Platform.TWITTER)
    account = an_account(connection, user, Platform.TWITTER)
    post = a_post(connection, user, [account])
    for _ in range(50):
        a_post(connection, user, [account])
    connection.execute("ANALYZE social_accounts, post_publications")
    accounts = indexes(plan(engine, search.active_accounts(user), seqscan="off"))
    shown = indexes(plan(engine, search.publications(post.id), seqscan="off"))
    assert accounts & {"idx_social_accounts_user_id", "idx_social_accounts_user_platform"}
    assert any(name.startswith("idx_post_publications_post") for name in shown)
