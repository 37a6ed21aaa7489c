"""Caps on posts are kept before the platform is asked, by count, by quota and by headers."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest

from db import budgets
from db.engine import Engine
from domain.budgets import Budget, Cap
from domain.content import Platform
from platforms.registry import ADAPTERS, app_caps
from platforms.usage import Closing, closing
from scheduler.budgets import AppBudgets
from tests.make import NOW, MadeAccount, a_post, a_user, an_account, row_of, value
from tests.system import System
from workers.process import make_upkeep

REGAIN = {"1": [{"type": "pages", "call_count": 95, "estimated_time_to_regain_access": 19}]}


def account_with(
    system: System, connection: psycopg.Connection, platform: Platform, **metadata: object
) -> MadeAccount:
    made = an_account(connection, a_user(connection), platform, metadata=metadata)
    system.know(made)
    return made


def posts(connection: psycopg.Connection, account: MadeAccount, count: int) -> list[object]:
    user = row_of(connection, "social_accounts", account.id).user_id
    return [a_post(connection, user, [account]).only for _ in range(count)]


def test_a_cap_that_is_used_up_is_waited_for_without_a_call_and_without_a_retry(
    system: System, connection: psycopg.Connection
):
    account = account_with(system, connection, Platform.TWITTER, posts_cap=2)
    posts(connection, account, 3)
    assert [system.step() for _ in range(3)] == [1, 1, 0]
    paused = row_of(connection, "social_accounts", account.id).paused_until
    wait = value(connection, "SELECT %s - now()", paused)
    assert timedelta(minutes=14, seconds=30) < wait <= timedelta(minutes=16)
    calls = len(system.calls(Platform.TWITTER))
    connection.execute("UPDATE social_accounts SET paused_until = NULL")
    assert system.step() == 1
    assert len(system.calls(Platform.TWITTER)) == calls
    (waiting,) = connection.execute(
        "SELECT failure_kind, retry_count, next_attempt_at, error_message FROM post_publications"
        " WHERE status = 'publishing'"
    ).fetchall()
    assert waiting == ("throttled", 0, paused, "the account's cap on posts is used up")
    assert row_of(connection, "social_accounts", account.id).paused_until == paused
    assert len(system.accepted()) == 2


def test_a_pause_by_a_person_outlives_the_post_that_was_in_flight(
    system: System, connection: psycopg.Connection
):
    account = account_with(system, connection, Platform.LINKEDIN)
    posts(connection, account, 2)
    dispatches = system.dispatch()
    connection.execute("UPDATE social_accounts SET paused_until = now() + interval '1 hour'")
    system.work(dispatches)
    assert len(system.accepted()) == 1
    assert system.step() == 0


def test_the_quota_that_a_platform_tells_replaces_the_number_that_it_publishes(
    system: System, engine: Engine, connection: psycopg.Connection
):
    account = account_with(system, connection, Platform.THREADS)
    posts(connection, account, 2)
    told = Budget().learn(Cap(250), used=6, total=7, now=value(connection, "SELECT now()"))
    with engine.connect() as session:
        budgets.keep_told(session, account.id, told)
    system.step()
    stored = row_of(connection, "social_accounts", account.id)
    assert sum(stored.budget["used"]["posts"].values()) == 1
    assert stored.budget["told"]["total"] == 7
    assert stored.paused_until is not None
    assert (len(system.accepted()), system.step()) == (1, 0)


def test_the_upkeep_of_a_threads_account_learns_its_quota(
    system: System, connection: psycopg.Connection
):
    account = account_with(system, connection, Platform.THREADS)
    make_upkeep(system.engine, system.publisher.tokens).look_after(account.id)
    assert row_of(connection, "social_accounts", account.id).budget["told"]["total"] == 250


def test_the_cap_of_the_application_pauses_its_platform_until_it_opens(
    system: System, engine: Engine, connection: psycopg.Connection
):
    account = account_with(system, connection, Platform.LINKEDIN)
    posts(connection, account, 2)
    system.step()
    AppBudgets(engine, {Platform.LINKEDIN: Cap(2)}).run_once()
    assert value(connection, "SELECT count(*) FROM platform_pauses") == 0
    AppBudgets(engine, {Platform.LINKEDIN: Cap(1)}).run_once()
    reason = value(connection, "SELECT reason FROM platform_pauses WHERE paused_until > now()")
    assert "cap of 1 posts" in reason
    assert system.step() == 0


def test_the_application_may_be_granted_another_cap_or_none():
    assert {name: cap.posts for name, cap in app_caps({}).items()} == {
        Platform.TWITTER: 10_000,
        Platform.LINKEDIN: 100_000,
    }
    granted = app_caps({Platform.TWITTER: 500, Platform.LINKEDIN: 0})
    assert {name: cap.posts for name, cap in granted.items()} == {Platform.TWITTER: 500}


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, Closing()),
        ({"x-business-use-case-usage": "no json", "x-app-usage": "[]"}, Closing()),
        (
            {"x-business-use-case-usage": json.dumps(REGAIN)},
            Closing(account=NOW + timedelta(minutes=19)),
        ),
        ({"x-app-usage": '{"call_count": 94, "total_time": 12}'}, Closing()),
        (
            {"x-app-usage": '{"call_count": 28, "total_time": 97}'},
            Closing(app=NOW + timedelta(hours=1)),
        ),
        ({"x-rate-limit-remaining": "1", "x-rate-limit-reset": "1764072000"}, Closing()),
        (
            {
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(int(NOW.timestamp()) + 60),
                "x-app-limit-24hour-remaining": "0",
                "x-app-limit-24hour-reset": str(int(NOW.timestamp()) + 3600),
            },
            Closing(NOW + timedelta(minutes=1), NOW + timedelta(hours=1)),
        ),
    ],
)
def test_headers_close_an_account_or_the_application(headers: dict[str, str], found: Closing):
    assert closing(headers, NOW) == found


def test_every_platform_has_a_cap():
    assert all(adapter.caps for adapter in ADAPTERS.values())
