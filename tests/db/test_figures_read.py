"""Views over the figures: what they add up to, who sees which rows, and how they are kept fresh."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import psycopg
import pytest

from db import maintenance
from db.engine import Engine
from domain import gains
from domain.analytics import COUNTS, AnalyticsPeriod
from tests.collecting import an_account_with
from tests.db.test_rights import become
from tests.history import DAY, midnight, month_before, series, snapshot
from tests.make import value

VIEWS = ("post_figures", "account_figures", "publication_gains")
FRESH = timedelta(minutes=15)
ANY_AGE = timedelta(0)


@pytest.fixture
def followed(connection: psycopg.Connection) -> UUID:
    """A publication that gained 10, 5 and -1 likes on the last three days."""
    _, (publication,) = an_account_with(connection, 1, age=3 * DAY)
    series(connection, publication, midnight() - 3 * DAY, [10, 15, 14])
    return publication


def gained(session: psycopg.Connection) -> list[int | None]:
    rows = session.execute("SELECT likes_gained FROM publication_gains ORDER BY recorded_at")
    return [row[0] for row in rows]


def test_gains_add_up_to_the_latest_total(connection: psycopg.Connection, followed: UUID):
    assert gained(connection) == [10, 5, -1]
    assert value(connection, "SELECT sum(likes_gained) FROM publication_gains") == 14


def test_what_was_gained_over_a_gap_too_long_to_look_back_is_not_known(
    connection: psycopg.Connection,
):
    _, (publication,) = an_account_with(connection, 1, age=200 * DAY)
    snapshot(connection, publication, midnight(), 70, period=AnalyticsPeriod.MONTHLY)
    assert gained(connection) == [None]


def test_gains_of_archived_months_follow_the_same_rule(connection: psycopg.Connection):
    deltas: list[dict[str, int | None] | None] = [None, {}, {"likes_count": 3}]
    deltas.append({"likes_count": None})
    ages = (timedelta(0), gains.LOOK_BACK - DAY, gains.LOOK_BACK, 200 * DAY)
    for delta, total, age in product(deltas, (None, 0, 7), ages):
        rule = gains.gains({f"{name}_count": total for name in COUNTS}, delta, age)["likes"]
        given = None if delta is None else json.dumps(delta)
        query = "SELECT gained(%s, 'likes_count', %s, %s)"
        assert value(connection, query, given, total, age) == rule, (delta, total, age)


def test_latest_figures_are_summed_over_a_post_and_over_an_account(
    connection: psycopg.Connection, followed: UUID
):
    connection.execute(
        "UPDATE post_publications SET likes_count = 14, impressions_count = 42,"
        """ analytics = '{"clicks_count": 3, "saves_count": "many"}'"""
    )
    connection.execute("""UPDATE posts SET analytics = '{"engagement_rate": 33.33}'""")
    post = connection.execute(
        "SELECT likes_count, clicks_count, saves_count, engagement_rate, platforms::text[]"
        " FROM post_figures"
    ).fetchone()
    assert post == (14, 3, None, Decimal("33.33"), ["twitter"])
    account = connection.execute(
        "SELECT publications, likes_count, impressions_count, reach_count FROM account_figures"
    ).fetchone()
    assert account == (1, 14, 42, None)


def test_days_of_an_account_are_those_of_its_publications_once_refreshed(
    engine: Engine, connection: psycopg.Connection, followed: UUID
):
    days = "SELECT likes_gained, impressions_gained FROM account_days ORDER BY recorded_at"
    assert connection.execute(days).fetchall() == []
    assert maintenance.refresh_days(engine, ANY_AGE)
    assert connection.execute(days).fetchall() == [(10, 30), (5, 15), (-1, -3)]


def test_of_many_refreshes_at_once_one_is_made_and_readers_go_on(
    engine: Engine, connection: psycopg.Connection, followed: UUID
):
    connection.execute("UPDATE view_refreshes SET refreshed_at = now() - interval '1 hour'")
    done: list[bool] = []
    with psycopg.connect(connection.info.dsn) as reader:
        reader.execute("SELECT count(*) FROM account_days")
        at_once = [
            threading.Thread(target=lambda: done.append(maintenance.refresh_days(engine, FRESH)))
            for _ in range(4)
        ]
        for one in at_once:
            one.start()
        for one in at_once:
            one.join()
    assert sorted(done) == [False, False, False, True]
    assert value(connection, "SELECT count(*) FROM account_days") == 3


def test_a_service_sees_the_figures_of_its_user_only(
    engine: Engine, connection: psycopg.Connection, followed: UUID
):
    _, (other,) = an_account_with(connection, 1, age=DAY)
    snapshot(connection, other, midnight() - DAY, 5)
    maintenance.refresh_days(engine, ANY_AGE)
    user = value(
        connection,
        "SELECT user_id FROM posts p JOIN post_publications pp ON pp.post_id = p.id"
        " WHERE pp.id = %s",
        other,
    )
    become(connection, "publishing_app", user)
    for view in (*VIEWS, "own_account_days"):
        assert value(connection, f"SELECT count(*) FROM {view}") == 1, view
    become(connection, "publishing_app")
    for view in (*VIEWS, "own_account_days"):
        assert value(connection, f"SELECT count(*) FROM {view}") == 0, view
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT FROM account_days")


def test_reports_see_the_figures_of_all(
    engine: Engine, connection: psycopg.Connection, followed: UUID
):
    become(connection, "publishing_readonly")
    for view, rows in zip((*VIEWS, "account_days"), (1, 1, 3, 0), strict=True):
        assert value(connection, f"SELECT count(*) FROM {view}") == rows, view
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT refresh_account_days('1 hour')")


def test_workers_refresh(engine: Engine, connection: psycopg.Connection, followed: UUID):
    become(connection, "publishing_worker")
    assert value(connection, "SELECT refresh_account_days('0')") is True


def test_stray_snapshots_are_moved_to_partitions_of_their_months(
    connection: psycopg.Connection,
):
    _, (publication,) = an_account_with(connection, 1, age=90 * DAY)
    for months in (20, 21):
        snapshot(connection, publication, month_before(months), 1)
    stray = "SELECT count(*) FROM analytics_default"
    assert value(connection, stray) == 2
    made = {row[0] for row in connection.execute("SELECT move_default_analytics()")}
    assert made == {f"analytics_{month_before(months):%Y_%m}" for months in (20, 21)}
    assert value(connection, stray) == 0
    assert value(connection, "SELECT count(*) FROM analytics") == 2
    month = month_before(20)
    assert value(connection, f"SELECT count(*) FROM analytics_{month:%Y_%m}") == 1
