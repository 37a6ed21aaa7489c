"""Accounts are looked after when due: profile, token, health; and only their owner ends them."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from db import upkeep as rows
from db.engine import Engine
from domain.content import Platform
from domain.messages import QUEUES, UPKEEP_QUEUE
from runtime.broker import make_broker
from scheduler.caretaker import Caretaker
from tests.make import KEYRING, MadeAccount, a_user, an_account, row_of, value
from tests.scheduler.test_plans import nodes
from tests.system import System
from workers.process import make_upkeep
from workers.upkeep import Upkeep


@pytest.fixture
def upkeep(system: System) -> Upkeep:
    return make_upkeep(system.engine, system.publisher.tokens)


def connected(
    system: System, connection: psycopg.Connection, platform: Platform, **more: object
) -> MadeAccount:
    """An account whose token has three weeks to go, with a refresh token."""
    made = an_account(connection, a_user(connection), platform)
    sealed = KEYRING.seal("refresh-1", row=made.id, column="refresh_token")
    connection.execute(
        "UPDATE social_accounts SET refresh_token = %s, token_expires_at = now() + '3 weeks'"
        " WHERE id = %s",
        [sealed, made.id],
    )
    system.know_entry({**made.sandbox_entry, "refresh_token": "refresh-1", **more})
    return made


def age(connection: psycopg.Connection, account: MadeAccount, ends_in: str) -> None:
    """Let the token be near its end."""
    connection.execute(
        "UPDATE social_accounts SET token_stored_at = now() - interval '7 weeks',"
        " token_expires_at = now() + %s::interval WHERE id = %s",
        [ends_in, account.id],
    )


def test_a_new_account_is_due_at_once_and_its_profile_is_read(
    upkeep: Upkeep, system: System, engine: Engine, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.TWITTER, name="Ada L.", followers=77)
    with engine.connect() as session:
        (call,) = rows.claim(session, room=10)
        assert rows.claim(session, room=10) == []
    upkeep.look_after(call.account_id)
    row = row_of(connection, "social_accounts", account.id)
    assert (row.display_name, row.followers_count, row.health) == ("Ada L.", 77, "healthy")
    assert row.avatar.startswith("https://")
    assert row.last_synced_at is not None
    wait = row.upkeep_at - row.last_synced_at
    assert timedelta(hours=23) < wait <= timedelta(hours=24, minutes=1)


def test_a_token_near_its_end_is_refreshed_ahead(
    upkeep: Upkeep, system: System, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.LINKEDIN)
    age(connection, account, "4 days")
    upkeep.look_after(account.id)
    row = row_of(connection, "social_accounts", account.id)
    assert row.refreshed_at is not None
    assert row.token_expires_at - row.token_stored_at > timedelta(days=59)
    upkeep.look_after(account.id)
    assert len([c for c in system.calls(Platform.LINKEDIN) if "accessToken" in c]) == 1


def test_what_passes_comes_again_and_shows_in_the_health(
    upkeep: Upkeep, system: System, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.LINKEDIN)
    age(connection, account, "4 days")
    system.break_with(platform="linkedin", step="refresh", action="error", status=503, times=0)
    for _ in range(3):
        upkeep.look_after(account.id)
    row = row_of(connection, "social_accounts", account.id)
    assert (row.status, row.health, row.setbacks) == ("active", "degraded", 3)
    assert row.upkeep_at > row.updated_at


def test_a_refused_refresh_warns_while_the_token_lasts_and_then_ends_the_connection(
    upkeep: Upkeep, system: System, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.TWITTER)
    sealed = KEYRING.seal("used-before", row=account.id, column="refresh_token")
    connection.execute("UPDATE social_accounts SET refresh_token = %s", [sealed])
    age(connection, account, "1 hour")
    upkeep.look_after(account.id)
    warned = row_of(connection, "social_accounts", account.id)
    assert (warned.status, warned.health) == ("active", "unhealthy")
    assert "it ends at" in warned.status_reason
    assert warned.upkeep_at == warned.token_expires_at
    age(connection, account, "-1 second")
    upkeep.look_after(account.id)
    ended = row_of(connection, "social_accounts", account.id)
    assert ended.status == "revoked"
    assert "connect the account again" in ended.status_reason


def test_a_revoked_account_is_found_out_before_its_next_post(
    upkeep: Upkeep, system: System, engine: Engine, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.LINKEDIN, revoked=True)
    upkeep.look_after(account.id)
    assert row_of(connection, "social_accounts", account.id).status == "revoked"
    calls = system.calls(Platform.LINKEDIN)
    upkeep.look_after(account.id)
    assert system.calls(Platform.LINKEDIN) == calls
    connection.execute("UPDATE social_accounts SET upkeep_at = now()")
    with engine.connect() as session:
        assert rows.claim(session, room=10) == []


def test_a_token_that_only_its_owner_can_renew_is_announced(
    upkeep: Upkeep, system: System, connection: psycopg.Connection
):
    account = connected(system, connection, Platform.LINKEDIN)
    connection.execute("UPDATE social_accounts SET refresh_token = NULL")
    age(connection, account, "9 days")
    upkeep.look_after(account.id)
    row = row_of(connection, "social_accounts", account.id)
    assert row.status == "active"
    assert "cannot be refreshed: connect it again" in row.status_reason


@pytest.mark.parametrize(("length", "fits"), [(255, True), (256, False), (2000, False)])
def test_an_avatar_too_long_for_its_column_is_kept_whole_elsewhere(
    length: int, fits: bool, engine: Engine, connection: psycopg.Connection
):
    account = an_account(connection, a_user(connection), Platform.FACEBOOK)
    connection.execute("UPDATE social_accounts SET avatar = 'https://old', followers_count = 3")
    url = "https://p/" + "a" * (length - 10)
    figures = rows.Figures("u" * 300, "d" * 600, url, None, None, None)
    with engine.connect() as session:
        rows.save_profile(session, account.id, figures)
        row = row_of(connection, "social_accounts", account.id)
        assert (row.avatar, row.metadata.get("avatar_url")) == (url, None) if fits else (None, url)
        assert (len(row.username), len(row.display_name), row.followers_count) == (255, 500, 3)
        rows.save_profile(session, account.id, rows.Figures(None, None, None, 0, None, None))
    after = row_of(connection, "social_accounts", account.id)
    assert (after.avatar, after.metadata, after.username) == (
        row.avatar,
        row.metadata,
        row.username,
    )
    assert after.followers_count == 0


def test_a_crowd_of_due_accounts_is_taken_as_the_queue_has_room(
    redis_url: str, engine: Engine, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO users (name, email, password)"
        " SELECT 'T', n || '@b', '$x' FROM generate_series(1, 20000) n"
    )
    connection.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username, upkeep_at)"
        " SELECT id, 'twitter', '1', 't', now() - interval '1 hour' * random() FROM users"
    )
    connection.execute("VACUUM ANALYZE social_accounts")
    broker = make_broker(redis_url, queues=(*QUEUES, UPKEEP_QUEUE))
    caretaker = Caretaker(engine, broker)
    assert (caretaker.run_once(), caretaker.run_once()) == (200, 0)
    assert broker.depths()[UPKEEP_QUEUE] == 200
    broker.close()
    due = "SELECT count(*) FROM social_accounts WHERE upkeep_at <= now()"
    assert value(connection, due) == 19_800
    plan = value(
        connection,
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT id FROM social_accounts WHERE status = 'active'"
        " AND upkeep_at <= now() ORDER BY upkeep_at LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED",
    )[0]["Plan"]
    (scan,) = [n for n in nodes(plan) if "Relation Name" in n]
    assert scan["Index Name"] == "idx_social_accounts_upkeep"
    assert scan["Actual Rows"] <= 200
