"""Figures as people and programs read them: tables, CSV, JSON and charts; from the database, its
replica, the cache, and the files of archived months."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import redis
from PIL import Image

from db import maintenance, reports
from db.engine import Engine
from db.reports import Question, Scope
from domain.analytics import AnalyticsPeriod
from runtime.cache import PREFIX, Cache
from tests import servers
from tests.collecting import published
from tests.history import DAY, make_month, midnight, month_before, series
from tests.make import a_user, an_account, value
from tests.ops.conftest import Run

LIKES = [10, 15, 14, 20]
GAINED = [10, 5, -1, 6]


@dataclass(frozen=True)
class Followed:
    """A user with accounts on two platforms, each with a post that is followed, for four days from
    ``start`` on."""

    start: datetime
    user: UUID
    accounts: list[UUID]
    posts: list[UUID]
    publications: list[UUID]


@pytest.fixture
def followed(connection: psycopg.Connection, engine: Engine) -> Followed:
    start = midnight() - 4 * DAY
    user = a_user(connection, email="ada@example.org")
    accounts = [an_account(connection, user, name) for name in ("twitter", "threads")]  # type: ignore[arg-type]
    made = [published(connection, account, user, age=5 * DAY) for account in accounts]
    for publication in made:
        series(connection, publication, start, LIKES)
    connection.execute("UPDATE post_publications SET likes_count = 20, impressions_count = 60")
    connection.execute(
        "UPDATE post_publications SET impressions_count = 90 WHERE id = %s", [made[1]]
    )
    maintenance.refresh_days(engine, timedelta(0))
    posts = [
        value(connection, "SELECT post_id FROM post_publications WHERE id = %s", publication)
        for publication in made
    ]
    return Followed(start, user, [account.id for account in accounts], posts, made)


def likes(document: Any) -> list[int]:
    return [row["likes"] for row in document["series"]]


@pytest.mark.parametrize(
    ("choice", "times"),
    [
        (("--post", "0"), 1),
        (("--account", "ada@example.org/twitter"), 1),
        (("--user", "ada@example.org"), 2),
    ],
)
def test_what_was_gained_is_told_of_a_post_an_account_and_a_user(
    choice: tuple[str, str], times: int, followed: Followed, publishing: Run
):
    whose = str(followed.posts[0]) if choice[1] == "0" else choice[1]
    ran = publishing("analytics", choice[0], whose, "--json")
    assert ran.code == 0, ran.err
    assert likes(ran.document) == [times * gained for gained in GAINED]
    assert [row["publications"] for row in ran.document["series"]] == [times] * 4
    assert len(ran.document["totals"]) == times
    assert {row["likes_count"] for row in ran.document["totals"]} == {20}


def test_days_that_are_ready_and_days_that_are_summed_up_agree(
    followed: Followed, engine: Engine, connection: psycopg.Connection
):
    today = followed.start + 4 * DAY
    question = Question(
        Scope.USER, followed.user, AnalyticsPeriod.DAILY, today - 6 * DAY, today + DAY
    )
    ready = reports.series(question, today)
    summed = reports.series(question, today + 200 * DAY)
    assert "account_days" in str(ready)
    assert "publication_gains" in str(summed)
    with engine.connect() as session:
        assert reports.rows(session, ready) == reports.rows(session, summed)


def test_since_until_and_period_choose_the_buckets(followed: Followed, publishing: Run):
    whose = ("analytics", "--post", str(followed.posts[0]), "--json")
    for choice, gained in (
        (("--since", (followed.start + DAY).isoformat()), GAINED[1:]),
        (("--until", (followed.start + 2 * DAY).isoformat()), GAINED[:2]),
        (("--since", "2d"), GAINED[2:]),
        (("--period", "weekly"), []),
    ):
        assert likes(publishing(*whose, *choice).document) == gained, choice


def test_a_users_top_posts_come_by_the_chosen_metric(followed: Followed, publishing: Run):
    ran = publishing("analytics", "--user", "ada@example.org", "--top", "1", "--json")
    (best,) = ran.document["top"]
    assert (best["post_id"], best["impressions_count"]) == (str(followed.posts[1]), 90)
    assert best["platforms"] == "threads"


def test_an_accounts_days_show_its_followers(
    followed: Followed, publishing: Run, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO account_snapshots VALUES (%s, %s, 100, 5, 7)",
        [followed.accounts[0], followed.start + DAY],
    )
    ran = publishing("analytics", "--account", "ada@example.org/twitter", "--json")
    assert [row["followers"] for row in ran.document["series"]] == [None, 100, None, None]


def test_people_get_tables_and_a_chart(followed: Followed, publishing: Run):
    ran = publishing("analytics", "--user", "ada@example.org", "--chart", "--metric", "likes")
    for words in ("as it stands:", "gained (UTC):", "top posts of this time:", "likes gained"):
        assert words in ran.out
    assert "█" in ran.out
    assert "\x1b" not in ran.out


def test_csv_is_one_table_with_a_head(followed: Followed, publishing: Run):
    ran = publishing("analytics", "--post", str(followed.posts[0]), "--csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [int(row["likes"]) for row in rows] == GAINED
    assert rows[0]["recorded_at"] == followed.start.isoformat()
    assert {row["clicks"] for row in rows} == {""}
    nothing = publishing(
        "analytics", "--post", str(followed.posts[0]), "--csv", "--period", "weekly"
    )
    assert nothing.out.startswith("recorded_at,publications,likes")


def test_charts_are_pictures_or_drawings(followed: Followed, publishing: Run, tmp_path: Path):
    whose = ("analytics", "--user", "ada@example.org", "--metric", "likes", "--chart")
    assert publishing(*whose, str(tmp_path / "likes.png")).code == 0
    with Image.open(tmp_path / "likes.png") as picture:
        assert picture.size == (1296, 648)
        assert len(picture.convert("RGB").getcolors(100_000) or []) > 10
    assert publishing(*whose, str(tmp_path / "likes.svg")).code == 0
    assert "<svg" in (tmp_path / "likes.svg").read_text("utf-8")
    for file, words in (("likes.gif", "neither a .png nor a .svg"), ("no/likes.png", "cannot be")):
        ran = publishing(*whose, str(tmp_path / file))
        assert (ran.code, words in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ((), "whose?"),
        (("--post", "6f1c"), "6f1c is no id"),
        (("--post", str(UUID(int=7))), "has no publications"),
        (("--user", "bob@example.org"), "there is no user"),
        (("--user", "ada@example.org", "--since", "soon"), "since: soon is no time"),
        (("--user", "ada@example.org", "--until", "90d"), "is not before the end"),
        (("--user", "ada@example.org", "--chart", "--metric", "clicks"), "no clicks are known"),
    ],
)
def test_bad_questions_get_one_clear_error(
    choice: tuple[str, ...], words: str, followed: Followed, publishing: Run
):
    ran = publishing("analytics", *choice)
    assert ran.code == 1
    assert words in ran.err


def test_a_replica_answers_for_figures_and_for_nothing_else(
    followed: Followed, publishing: Run, database_url: str
):
    gone = servers.beside(database_url, "nowhere")
    asked = ("analytics", "--user", "ada@example.org", "--json")
    ran = publishing(*asked, REPLICA_URL=gone)
    assert (ran.code, ran.err[:19]) == (1, "error: REPLICA_URL:")
    assert publishing("users", "list", REPLICA_URL=gone).code == 0
    ran = publishing(*asked, DATABASE_URL=gone, REPLICA_URL=database_url)
    assert likes(ran.document) == [2 * gained for gained in GAINED]


def test_a_hot_summary_comes_from_the_cache_for_a_while(
    followed: Followed, publishing: Run, connection: psycopg.Connection, redis_url: str
):
    asked = ("analytics", "--user", "ada@example.org", "--json")
    first = publishing(*asked, REDIS_URL=redis_url).document
    connection.execute("DELETE FROM analytics")
    connection.execute("UPDATE post_publications SET likes_count = 99")
    assert publishing(*asked, REDIS_URL=redis_url).document == first
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.scan_iter(f"{PREFIX}*")
        assert 0 < client.ttl(key) <= 60
        client.flushdb()
    fresh = publishing(*asked, REDIS_URL=redis_url).document
    assert {row["likes_count"] for row in fresh["totals"]} == {99}


@pytest.mark.parametrize("kept", [b"\xff", b"{", b"[]", b'{"totals": 1}', b'"x"', b"null"])
def test_nonsense_in_the_cache_is_no_error(
    kept: bytes, followed: Followed, publishing: Run, redis_url: str
):
    asked = ("analytics", "--user", "ada@example.org", "--json")
    first = publishing(*asked, REDIS_URL=redis_url).document
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.scan_iter(f"{PREFIX}*")
        client.set(key, kept)
    assert publishing(*asked, REDIS_URL=redis_url).document == first


def test_a_cache_that_is_away_is_no_error(followed: Followed, publishing: Run):
    ran = publishing("analytics", "--user", "ada@example.org", REDIS_URL="redis://127.0.0.1:9/1")
    assert ran.code == 0
    away = Cache.at("redis://127.0.0.1:9/1")
    away.put("key", [1])
    assert away.get("key") is None


def test_archived_months_are_told_as_before_when_they_are_asked_for(
    followed: Followed, publishing: Run, connection: psycopg.Connection, tmp_path: Path
):
    month = month_before(15)
    make_month(connection, month)
    connection.execute("UPDATE post_publications SET published_at = %s", [month])
    for publication in followed.publications:
        series(connection, publication, month + DAY, LIKES)
    asked = ("analytics", "--user", "ada@example.org", "--since", month.isoformat(), "--json")
    before = publishing(*asked).document["series"]
    old = [2 * gained for gained in GAINED]
    assert [row["likes"] for row in before] == [*old, None, *old[1:]]
    archive = ("analytics", "archive", "--to", str(tmp_path))
    assert publishing(*archive).code == 0
    assert len(publishing(*asked).document["series"]) == 4
    assert publishing(*asked, "--archived").document["series"] == before
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    ran = publishing(*asked, "--archived")
    assert (ran.code, str(path) in ran.err) == (1, True)
