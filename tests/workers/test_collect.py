"""Figures are read in batches, kept once a bucket, and never at the expense of publishing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from db.engine import Engine
from dev.stepped import Clock
from domain.analytics import AnalyticsPeriod, Figures
from domain.cadence import Usage
from domain.content import Platform
from domain.failures import Failure, PermissionMissing, Throttled, TokenRevoked, Unavailable
from tests.collecting import Collecting, an_account_with, hurry, published
from tests.make import NOW, a_user, an_account, row_of, value

SOON = timedelta(minutes=10)


@pytest.fixture
def clock(connection: psycopg.Connection) -> Clock:
    return Clock.install(connection, NOW)


@pytest.fixture
def collecting(clock: Clock, engine: Engine) -> Collecting:
    return Collecting(engine)


def sync_of(session: psycopg.Connection, publication):
    with session.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        query = "SELECT * FROM publication_syncs WHERE post_publication_id = %s"
        return cursor.execute(query, [publication]).fetchone()


def run_of(session: psycopg.Connection, account):
    with session.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        query = "SELECT *, now() AS now FROM account_syncs WHERE social_account_id = %s"
        return cursor.execute(query, [account.id]).fetchone()


def snapshots(session: psycopg.Connection, publication, period: str = "hourly"):
    with session.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        query = (
            "SELECT * FROM analytics WHERE post_publication_id = %s AND period = %s"
            " ORDER BY recorded_at"
        )
        return cursor.execute(query, [publication, period]).fetchall()


def later(session: psycopg.Connection, clock: Clock) -> None:
    """An hour goes by, and everything is due."""
    clock.advance(timedelta(hours=1))
    hurry(session)


def test_a_batch_is_one_call_and_every_publication_has_its_snapshots(
    collecting: Collecting, connection: psycopg.Connection
):
    _, made = an_account_with(connection, 3)
    collecting.figures["2"] = Figures(9, 4, 2, 320, 131, 6, 5, {"quotes": 1})
    collecting.raw = {
        "next": "https://x.example/?access_token=verysecret",
        "token": "hidden too",
        "odd": "a\0b",
    }
    assert collecting.step() == 1
    assert [sorted(asked) for asked in collecting.asked] == [["1", "2", "3"]]
    for publication in made:
        rows = connection.execute(
            "SELECT period, recorded_at FROM analytics WHERE post_publication_id = %s",
            [publication],
        ).fetchall()
        assert {period for period, _ in rows} == set(AnalyticsPeriod)
    (snapshot,) = snapshots(connection, made[1])
    assert (snapshot.likes_count, snapshot.comments_count, snapshot.shares_count) == (9, 4, 2)
    assert (snapshot.impressions_count, snapshot.reach_count) == (320, 131)
    assert (snapshot.clicks_count, snapshot.saves_count) == (6, 5)
    assert snapshot.engagement_rate == Decimal("6.25")
    assert snapshot.metrics_by_time is None
    assert snapshot.raw_data == {
        "next": "https://x.example/?access_token=[hidden]",
        "token": "[hidden]",
        "odd": "ab",
    }
    assert snapshot.recorded_at == NOW.replace(minute=0)
    assert snapshot.created_at == NOW


def test_what_is_not_told_is_null_and_keeps_the_latest_figure_on_the_publication(
    collecting: Collecting, connection: psycopg.Connection, clock: Clock
):
    _, (publication,) = an_account_with(connection, 1)
    collecting.figures["1"] = Figures(likes=9, reach=40)
    collecting.step()
    later(connection, clock)
    collecting.figures["1"] = Figures(likes=11)
    collecting.step()
    first, second = snapshots(connection, publication)
    assert (first.reach_count, second.reach_count) == (40, None)
    assert second.metrics_by_time["likes_count"] == 2
    assert second.metrics_by_time["reach_count"] is None
    assert datetime.fromisoformat(second.metrics_by_time["since"]) == first.recorded_at
    latest = row_of(connection, "post_publications", publication)
    assert (latest.likes_count, latest.reach_count, latest.comments_count) == (11, 40, None)
    assert latest.last_synced_at is not None


def test_a_post_carries_the_sum_of_its_platforms(
    collecting: Collecting, connection: psycopg.Connection
):
    user = a_user(connection)
    accounts = [an_account(connection, user, p) for p in (Platform.TWITTER, Platform.THREADS)]
    first = published(connection, accounts[0], user, number=1)
    post = row_of(connection, "post_publications", first).post_id
    connection.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, published_at,"
        " platform_post_id) VALUES (%s, %s, 'published', now() - interval '1 hour', '2')",
        [post, accounts[1].id],
    )
    collecting.figures = {
        "1": Figures(likes=9, comments=1, impressions=100, saves=2),
        "2": Figures(likes=3, comments=5, impressions=300),
    }
    assert collecting.step() == 2
    assert row_of(connection, "posts", post).analytics == {
        "likes_count": 12,
        "comments_count": 6,
        "shares_count": None,
        "impressions_count": 400,
        "reach_count": None,
        "clicks_count": None,
        "saves_count": 2,
        "engagement_rate": 5.0,
        "platforms": ["threads", "twitter"],
    }


def test_a_bucket_is_written_once_and_stays_as_it_was(
    collecting: Collecting, connection: psycopg.Connection
):
    _, (publication,) = an_account_with(connection, 1)
    for likes in (5, 8):
        collecting.figures["1"] = Figures(likes=likes)
        hurry(connection)
        collecting.step()
    assert [snapshot.likes_count for snapshot in snapshots(connection, publication)] == [5]
    assert row_of(connection, "post_publications", publication).likes_count == 8


def test_of_two_that_hear_the_same_message_one_reads(
    collecting: Collecting, connection: psycopg.Connection
):
    an_account_with(connection, 3)
    collecting.enrol()
    (dispatch,) = collecting.dispatch()
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(
            lambda _: collecting.collector().collect(dispatch.account_id, dispatch.number), range(4)
        ):
            pass
    assert len(collecting.asked) == 1
    assert value(connection, "SELECT count(*) FROM analytics") == 12


def test_two_syncs_of_one_bucket_at_once_leave_one_snapshot(
    collecting: Collecting, connection: psycopg.Connection
):
    """A worker is paused in the middle of its survey, and another reads the account meanwhile."""
    account, made = an_account_with(connection, 2)

    def overtaken() -> None:
        collecting.before = lambda: None
        connection.execute("UPDATE account_syncs SET lease_until = now() - interval '1 second'")
        assert collecting.reap() == 1
        hurry(connection)
        assert collecting.step() == 1

    collecting.before = overtaken
    collecting.step()
    assert len(collecting.asked) == 2
    assert value(connection, "SELECT count(*) FROM analytics") == 8
    assert run_of(connection, account).lease_token is None
    assert [len(snapshots(connection, publication)) for publication in made] == [1, 1]


def test_more_than_a_batch_is_read_batch_after_batch_in_one_run(
    collecting: Collecting, connection: psycopg.Connection
):
    an_account_with(connection, 7)
    collecting.batch = 3
    collecting.step()
    assert [len(asked) for asked in collecting.asked] == [3, 3, 1]
    assert collecting.step() == 0


@pytest.mark.parametrize("whole_app", [False, True])
def test_a_limit_moves_the_reading_to_its_reset_and_leaves_publishing_alone(
    whole_app: bool, collecting: Collecting, connection: psycopg.Connection
):
    account, _ = an_account_with(connection, 2)
    an_account_with(connection, 1, age=timedelta(minutes=1))  # of the same platform, due later
    reset = NOW + SOON
    collecting.failure = Throttled("too many calls", until=reset, whole_app=whole_app)
    assert collecting.step() == 1
    run = run_of(connection, account)
    assert run.next_sync_at == run.paused_until == reset
    assert (run.failure_kind, run.failure_count) == ("throttled", 0)
    assert row_of(connection, "social_accounts", account.id).paused_until is None
    assert value(connection, "SELECT count(*) FROM platform_pauses") == 0
    connection.execute("UPDATE account_syncs SET next_sync_at = now()")
    collecting.failure = None
    assert collecting.step() == (0 if whole_app else 2)


def test_the_last_quarter_of_a_quota_is_left_to_publishing(
    collecting: Collecting, connection: psycopg.Connection
):
    account, made = an_account_with(connection, 4)
    collecting.batch = 2
    collecting.usage = Usage(0.8, NOW + SOON)
    collecting.step()
    assert len(collecting.asked) == 1
    assert sum(len(snapshots(connection, publication)) for publication in made) == 2
    run = run_of(connection, account)
    assert run.paused_until == collecting.usage.resets
    assert "left to publishing" in run.message
    assert collecting.step() == 0


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (Unavailable("away"), timedelta(minutes=3.75)),
        (PermissionMissing("no insights scope"), timedelta(hours=6)),
        (TokenRevoked("ended"), timedelta(hours=6)),
    ],
)
def test_what_goes_wrong_is_tried_again_and_never_held_against_the_account(
    failure: Failure, wait: timedelta, collecting: Collecting, connection: psycopg.Connection
):
    account, _ = an_account_with(connection, 1)
    collecting.failure = failure
    collecting.step()
    run = run_of(connection, account)
    assert run.next_sync_at - run.now == wait
    assert (run.failure_kind, run.message, run.failure_count) == (failure.kind, str(failure), 1)
    found = row_of(connection, "social_accounts", account.id)
    assert (found.status, found.health) == ("active", "unknown")
    collecting.failure = None
    hurry(connection)
    collecting.step()
    run = run_of(connection, account)
    assert (run.failure_kind, run.message, run.failure_count) == (None, None, 0)


def test_an_account_that_is_not_connected_is_not_asked_about(
    collecting: Collecting, connection: psycopg.Connection
):
    account, _ = an_account_with(connection, 1)
    connection.execute("UPDATE social_accounts SET status = 'revoked', status_reason = 'ended'")
    collecting.step()
    assert collecting.asked == []
    assert "revoked: ended" in run_of(connection, account).message


def test_without_news_it_is_read_less_often_and_with_news_as_before(
    collecting: Collecting, connection: psycopg.Connection
):
    _, (publication,) = an_account_with(connection, 1)
    starts = []
    for likes in (1, 1, 1, 1, 2):
        collecting.figures["1"] = Figures(likes=likes)
        hurry(connection)
        collecting.step()
        starts.append(sync_of(connection, publication).next_sync_at.hour)
    assert starts[:3] + starts[4:] == [13] * 4  # the next hour
    assert starts[3] >= 18  # the next quarter of the day
    assert sync_of(connection, publication).unchanged_count == 0


def test_what_is_gone_for_good_is_closed_and_its_history_stays(
    collecting: Collecting, connection: psycopg.Connection
):
    account, (publication,) = an_account_with(connection, 1, age=timedelta(days=3))
    collecting.step()
    collecting.figures["1"] = None
    for _ in range(5):
        assert sync_of(connection, publication).closed_at is None
        hurry(connection)
        collecting.step()
    sync = sync_of(connection, publication)
    assert sync.closed_at is not None
    assert sync.next_sync_at is None
    assert len(snapshots(connection, publication)) == 1
    assert run_of(connection, account).next_sync_at is None


def test_what_is_published_while_its_account_is_read_is_not_forgotten(
    collecting: Collecting, connection: psycopg.Connection
):
    account, _ = an_account_with(connection, 1)
    user = row_of(connection, "social_accounts", account.id).user_id

    def publish_another() -> None:
        published(connection, account, user, number=2, age=timedelta(minutes=5))
        collecting.enrol()

    collecting.before = publish_another
    collecting.step()
    run = run_of(connection, account)
    assert run.next_sync_at - run.now == timedelta(minutes=10)


def test_a_worker_that_is_lost_at_any_step_loses_nothing(
    collecting: Collecting, connection: psycopg.Connection
):
    class Killed(BaseException):
        pass

    def kill() -> None:
        if len(collecting.asked) == 1:
            raise Killed

    _, made = an_account_with(connection, 4)
    collecting.batch = 2
    collecting.before = kill  # with the first batch recorded, and the second asked about
    with pytest.raises(Killed):
        collecting.step()
    assert value(connection, "SELECT count(*) FROM analytics") == 8
    assert collecting.step() == 0
    connection.execute("UPDATE account_syncs SET lease_until = now() - interval '1 second'")
    assert collecting.reap() == 1
    connection.execute("UPDATE account_syncs SET next_sync_at = now()")
    collecting.before = lambda: None
    assert collecting.step() == 1
    assert len(collecting.asked) == 2
    assert [len(snapshots(connection, publication)) for publication in made] == [1] * 4
