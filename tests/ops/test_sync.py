"""`sync-analytics`, as cron runs it."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest

from db import sync_requests
from db.engine import Engine
from domain.analytics import Figures
from domain.content import Platform
from domain.failures import PermissionMissing
from tests.collecting import Collecting, an_account_with
from tests.make import value
from tests.ops.conftest import Run
from tests.waiting import eventually

OLD = timedelta(days=40)


@pytest.fixture
def collecting(engine: Engine) -> Collecting:
    return Collecting(engine)


def asked_for(session: psycopg.Connection) -> int:
    query = "SELECT count(*) FROM publication_syncs WHERE requested IS NOT NULL"
    return int(value(session, query))


def test_what_lacks_its_snapshot_is_read_now_and_only_that(
    publishing: Run, collecting: Collecting, connection: psycopg.Connection
):
    an_account_with(connection, 3)
    an_account_with(connection, 2, platform=Platform.THREADS, age=OLD)
    ran = publishing("sync-analytics", "--json")
    assert ran.code == 0
    assert ran.document == {"period": "daily", "publications": 5, "had_it": 0, "asked": 5}
    assert collecting.step() == 2
    daily = "SELECT count(*) FROM analytics WHERE period = 'daily'"
    assert value(connection, daily) == 5
    assert asked_for(connection) == 0
    ran = publishing("sync-analytics", "--wait")
    assert ran.out == "5 publications: 5 have their daily snapshot already, 0 were read\n"
    assert ran.code == 0
    assert collecting.step() == 0


def test_account_post_and_since_choose(publishing: Run, connection: psycopg.Connection):
    account, _ = an_account_with(connection, 3)
    _, (old,) = an_account_with(connection, 1, platform=Platform.THREADS, age=OLD)
    post = value(connection, "SELECT post_id FROM post_publications WHERE id = %s", old)
    for choice, count in (
        (("--since", "30d"), 3),
        (("--account", str(account.id)), 3),
        (("--post", str(post)), 1),
        (("--account", str(account.id), "--since", "2999-01-01T00:00:00Z"), 0),
        (("--period", "hourly"), 4),
    ):
        assert publishing("sync-analytics", "--json", *choice).document["publications"] == count


def test_wait_returns_when_the_workers_are_done_and_tells_what_was_read(
    publishing: Run, collecting: Collecting, connection: psycopg.Connection
):
    an_account_with(connection, 4)

    def work() -> None:
        eventually(lambda: asked_for(connection) == 4)
        collecting.step()

    worker = threading.Thread(target=work)
    worker.start()
    ran = publishing("sync-analytics", "--wait", "--timeout", "60s")
    worker.join()
    assert ran.code == 0
    assert ran.out.endswith("0 have their daily snapshot already, 4 were read\n")


def test_wait_fails_for_what_is_not_read_in_time_and_says_what_to_look_at(
    publishing: Run, connection: psycopg.Connection
):
    an_account_with(connection, 1)
    ran = publishing("sync-analytics", "--wait", "--timeout", "0s")
    assert ran.code == 1
    assert "1 not in time: do a scheduler and an analytics worker run?" in ran.out


def test_wait_does_not_wait_for_what_needs_a_person(
    publishing: Run, collecting: Collecting, connection: psycopg.Connection
):
    an_account_with(connection, 2)
    publishing("sync-analytics")
    collecting.failure = PermissionMissing("grant the insights permission")
    collecting.step()
    ran = publishing("sync-analytics", "--wait")
    assert ran.code == 1
    assert "2 wait: grant the insights permission" in ran.out


def test_two_do_not_run_at_once(publishing: Run, engine: Engine, connection: psycopg.Connection):
    an_account_with(connection, 1)
    with sync_requests.alone(engine):
        ran = publishing("sync-analytics")
        assert ran.code == 1
        assert ran.err == "error: sync-analytics: another one is under way; nothing was asked for\n"
        assert asked_for(connection) == 0
    assert publishing("sync-analytics").code == 0


def test_what_cannot_be_meant_is_refused(publishing: Run):
    nobody = "00000000-0000-0000-0000-000000000007"
    for choice, words in (
        (("--account", "7"), "7"),
        (("--account", nobody), "account: there is none"),
        (("--post", nobody), "post: there is none"),
        (("--since", "yesterday"), "since: yesterday is no time"),
        (("--since", "2026-01-01"), "since: 2026-01-01 has no time zone"),
        (("--timeout", "soon"), "timeout: soon is no span of time"),
    ):
        ran = publishing("sync-analytics", *choice)
        assert ran.code == 1
        assert words in ran.err


def test_a_period_that_was_asked_for_is_recorded_also_for_old_publications(
    publishing: Run, collecting: Collecting, connection: psycopg.Connection
):
    _, (old,) = an_account_with(connection, 1, age=OLD)
    collecting.figures["1"] = Figures(likes=3)
    publishing("sync-analytics", "--period", "hourly")
    collecting.step()
    rows = connection.execute("SELECT period FROM analytics ORDER BY period").fetchall()
    assert [period for (period,) in rows] == ["hourly", "weekly", "monthly"]
    due = "SELECT next_sync_at > now() FROM publication_syncs WHERE post_publication_id = %s"
    assert value(connection, due, old)
