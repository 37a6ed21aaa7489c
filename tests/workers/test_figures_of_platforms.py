"""Figures read from the six platforms over HTTP, from the first quarter of an hour on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bench.quarter import Quarter
from db import syncs
from db.engine import make_engine
from dev.stepped import Clock
from domain.analytics import AnalyticsPeriod
from domain.content import Platform
from platforms.registry import ADAPTERS
from tests.make import row_of, value
from tests.system import System
from tests.workers.test_publish import SIMPLEST, simplest, until_done
from workers.collect import Collector
from workers.holding import Heartbeat

TOLD = {
    Platform.TWITTER: {"likes", "comments", "shares", "impressions", "clicks", "saves"},
    Platform.THREADS: {"likes", "comments", "shares", "impressions"},
    Platform.INSTAGRAM: {"likes", "comments", "shares", "impressions", "reach", "saves"},
    Platform.FACEBOOK: {"likes", "comments", "shares", "impressions", "reach", "clicks"},
    Platform.LINKEDIN: {"likes", "comments", "shares", "impressions", "reach", "saves"},
    Platform.TIKTOK: {"likes", "comments", "shares", "impressions"},
}
HOURLY = "SELECT * FROM analytics WHERE period = 'hourly' ORDER BY recorded_at"
RUNS = "SELECT * FROM account_syncs"
Begin = Callable[[], Quarter]
# The hours that a day touches and six hours that six days touch; days, weeks, months of 36 days.
AT_MOST = Counter(hourly=25 + 25, daily=31, weekly=7, monthly=3)
COUNTS = ("likes", "comments", "shares", "impressions", "reach", "clicks", "saves")


@pytest.fixture
def quarter_from_now(
    system: System, connection: psycopg.Connection, database_url: str
) -> Iterator[Callable[[], Quarter]]:
    """From the call on the clock is stepped."""
    engine = make_engine(database_url, application_name="tests")

    def begin() -> Quarter:
        clock = Clock.install(connection, value(connection, "SELECT clock_timestamp()"))
        collector = Collector(
            engine=engine,
            adapters=ADAPTERS,
            tokens=system.publisher.tokens,
            draw=lambda: 0.5,
            holding=Heartbeat(engine, syncs.keep).holding,
        )
        return Quarter(engine, collector, connection, clock, system.sandbox_url)

    yield begin
    engine.dispose()


def rows(session: psycopg.Connection, query: str) -> list[Any]:
    with session.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


@pytest.mark.parametrize("platform", SIMPLEST)
def test_every_figure_that_a_platform_tells_is_read_and_every_other_is_null(
    platform: Platform, system: System, connection: psycopg.Connection, quarter_from_now: Begin
):
    account, post = simplest(system, connection, platform)
    until_done(system, connection, post.only)
    quarter = quarter_from_now()
    quarter.run(quarter.clock.now + timedelta(hours=49))
    (run,) = rows(connection, RUNS)
    assert (run.failure_kind, run.message) == (None, None)
    snapshots = rows(connection, HOURLY)
    last = snapshots[-1]
    told = {name for name in COUNTS if getattr(last, f"{name}_count") is not None}
    assert told == TOLD[platform]
    assert last.impressions_count > snapshots[1].impressions_count > 0
    assert last.engagement_rate > 0
    assert last.metrics_by_time["impressions_count"] > 0
    assert account.token not in str([snapshot.raw_data for snapshot in snapshots])
    publication = row_of(connection, "post_publications", post.only)
    assert publication.likes_count == last.likes_count
    summed = row_of(connection, "posts", post.id).analytics
    assert summed["impressions_count"] == last.impressions_count


def test_a_token_that_has_ended_holds_up_the_reading_and_nothing_else(
    system: System, connection: psycopg.Connection, quarter_from_now: Begin
):
    account, post = simplest(system, connection, Platform.TWITTER)
    until_done(system, connection, post.only)
    quarter = quarter_from_now()
    system.break_with(platform="twitter", step="metrics", action="expire_token")
    quarter.run(quarter.clock.now + timedelta(minutes=20))
    (run,) = rows(connection, RUNS)
    assert run.failure_kind == "token_revoked"  # there is no refresh token
    assert run.next_sync_at > quarter.clock.now
    assert row_of(connection, "social_accounts", account.id).status == "active"


def test_a_limit_moves_the_reading_and_the_next_post_goes_out_all_the_same(
    system: System, connection: psycopg.Connection, quarter_from_now: Begin
):
    account, post = simplest(system, connection, Platform.TWITTER)
    until_done(system, connection, post.only)
    quarter = quarter_from_now()
    system.break_with(platform="twitter", step="metrics", action="throttle", retry_after=600)
    quarter.run(quarter.clock.now + timedelta(minutes=16))
    (run,) = rows(connection, RUNS)
    assert run.failure_kind == "throttled"
    assert run.paused_until > quarter.clock.now
    assert row_of(connection, "social_accounts", account.id).paused_until is None
    quarter.run(run.paused_until + timedelta(minutes=1))
    assert rows(connection, RUNS)[0].failure_kind is None
    assert value(connection, "SELECT count(*) FROM analytics WHERE period = 'hourly'") == 1


def test_a_month_has_every_bucket_once_and_no_gap(
    system: System, connection: psycopg.Connection, quarter_from_now: Begin
):
    _, post = simplest(system, connection, Platform.TWITTER)
    until_done(system, connection, post.only)
    httpx.post(f"{system.sandbox_url}/_sandbox/settings", json={"growth": 1000.0})
    quarter = quarter_from_now()
    connection.execute("SELECT make_analytics_partitions(3)")
    end = quarter.clock.now + timedelta(days=36)
    quarter.run(end)
    found = quarter.found()
    assert set(found.values()) == {1}
    assert quarter.expected(end) - set(found) == set()
    counted = Counter(period for _, period, _ in found)
    assert set(counted) == set(AnalyticsPeriod)
    assert counted <= AT_MOST
