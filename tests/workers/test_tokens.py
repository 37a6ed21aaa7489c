"""A refresh happens once, is stored before it is used, and nothing that passes disconnects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import httpx
import psycopg
import pytest
from sqlalchemy import text

from db import tokens
from db.connected import Connected
from db.engine import Engine, make_engine
from domain.accounts import AccountStatus
from domain.content import Content, ContentType, JsonObject, Platform
from domain.failures import Failure, NotReady, TokenExpired, TokenRevoked
from platforms.adapter import Account, Job, Published
from platforms.registry import ADAPTERS
from tests.make import KEYRING, NOW, MadeAccount, a_post, a_user, an_account, row_of
from tests.system import System, make_system
from workers.patience import insistently

X = ADAPTERS[Platform.TWITTER]
FLOWS = 200
POSTS = 5


class Journal:
    """Publishes what it is asked to; counts nothing, keeps nothing."""

    def announce(self) -> None:
        """Nobody has to know."""

    def save(self, checkpoint: JsonObject, *, now: bool = False) -> None:
        """Nobody reads it."""


@pytest.fixture
def account(system: System, connection: psycopg.Connection) -> MadeAccount:
    """On X, its token at an end, its refresh token good for one use."""
    made = an_account(connection, a_user(connection), Platform.TWITTER)
    sealed = KEYRING.seal("refresh-1", row=made.id, column="refresh_token")
    connection.execute(
        "UPDATE social_accounts SET refresh_token = %s, token_expires_at = now() WHERE id = %s",
        [sealed, made.id],
    )
    system.know_entry({**made.sandbox_entry, "refresh_token": "refresh-1", "expires_in": 0})
    return made


def credential(connection: psycopg.Connection, account: MadeAccount) -> Connected:
    """As it is stored now."""
    row = row_of(connection, "social_accounts", account.id)
    (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (NOW,)
    return Connected(
        account.id,
        account.platform,
        row.platform_user_id,
        row.username,
        row.metadata,
        row.access_token,
        row.token_expires_at,
        row.token_stored_at,
        now,
    )


def refreshes(system: System) -> list[str]:
    return [call for call in system.calls(Platform.TWITTER) if "oauth2/token" in call]


@contextmanager
def processes(count: int, database_url: str, sandbox_url: str) -> Iterator[list[System]]:
    """As many workers as processes would be, each with its own pool."""
    made = [
        make_system(make_engine(database_url, application_name="tests"), sandbox_url)
        for _ in range(count)
    ]
    yield made
    for one in made:
        one.publisher.transport.close()
        one.engine.dispose()


def publish(system: System, seen: Connected, account: MadeAccount, number: int) -> Published:
    token = system.publisher.tokens.access_token(seen, X)
    job = Job(
        Account(account.platform_user_id, "tester"),
        Content(ContentType.TEXT, f"flow {number}"),
        now=seen.now,
    )
    exchange = system.publisher.transport.exchange(account.platform, token.text)
    outcome = exchange.run(X.publish(job), Journal())
    assert isinstance(outcome, Published)
    return outcome


def test_two_hundred_flows_at_once_make_one_refresh_and_none_fails(
    account: MadeAccount,
    system: System,
    database_url: str,
    sandbox_url: str,
    connection: psycopg.Connection,
):
    seen = credential(connection, account)
    without_limits = {"limits": False}
    httpx.post(f"{sandbox_url}/_sandbox/settings", json=without_limits).raise_for_status()
    system.break_with(platform="twitter", step="refresh", action="delay", seconds=0.3)
    together = threading.Barrier(FLOWS)

    def flow(number: int) -> Published:
        together.wait(timeout=30)
        return publish(workers[number % len(workers)], seen, account, number)

    with (
        processes(3, database_url, sandbox_url) as workers,
        ThreadPoolExecutor(max_workers=FLOWS) as threads,
    ):
        outcomes = list(threads.map(flow, range(FLOWS)))
    assert len({outcome.id for outcome in outcomes}) == FLOWS
    assert len(system.accepted()) == FLOWS
    assert refreshes(system) == ["POST /twitter/2/oauth2/token 200"]
    assert row_of(connection, "social_accounts", account.id).status == "active"


def test_the_posts_of_an_account_in_turn_share_one_refresh(
    account: MadeAccount, system: System, connection: psycopg.Connection
):
    user = row_of(connection, "social_accounts", account.id).user_id
    for _ in range(POSTS):
        a_post(connection, user, [account])
    while system.step():
        pass
    assert len(system.accepted()) == POSTS
    assert len(refreshes(system)) == 1


def test_the_pair_is_stored_and_the_next_refresh_uses_it(
    account: MadeAccount, system: System, connection: psycopg.Connection
):
    before = credential(connection, account)
    token = system.publisher.tokens.refreshed(before, X)
    row = row_of(connection, "social_accounts", account.id)
    assert KEYRING.open(row.access_token, row=account.id, column="access_token") == token.text
    assert row.refreshed_at is not None
    assert row.refresh_started_at is None
    assert row.upkeep_at > row.token_stored_at + timedelta(minutes=89)
    assert token.text not in repr(token)
    again = system.publisher.tokens.refreshed(before, X)
    assert again.text == token.text
    assert len(refreshes(system)) == 1


@pytest.mark.parametrize("action", [{"action": "error", "status": 503}, {"action": "throttle"}])
def test_what_passes_leaves_the_account_as_it_is(
    action: dict[str, object], account: MadeAccount, system: System, connection: psycopg.Connection
):
    system.break_with(platform="twitter", step="refresh", times=3, **action)
    with pytest.raises(Failure) as failed:
        system.publisher.tokens.refreshed(credential(connection, account), X)
    assert not isinstance(failed.value, TokenRevoked | TokenExpired)
    row = row_of(connection, "social_accounts", account.id)
    assert (row.status, row.refresh_started_at) == ("active", None)
    httpx.delete(f"{system.sandbox_url}/_sandbox/faults").raise_for_status()
    assert system.publisher.tokens.refreshed(credential(connection, account), X).text


def test_a_token_that_was_just_refreshed_is_not_refreshed_again(
    account: MadeAccount, system: System, connection: psycopg.Connection
):
    system.publisher.tokens.refreshed(credential(connection, account), X)
    with pytest.raises(TokenExpired, match="too new"):
        system.publisher.tokens.refreshed(credential(connection, account), X)
    assert len(refreshes(system)) == 1


def test_meta_is_not_asked_before_the_token_is_a_day_old(
    system: System, connection: psycopg.Connection
):
    account = an_account(connection, a_user(connection), Platform.THREADS)
    seen = credential(connection, account)
    with pytest.raises(TokenExpired, match="too new"):
        system.publisher.tokens.refreshed(seen, ADAPTERS[Platform.THREADS])
    assert system.calls(Platform.THREADS) == []


def test_a_process_lost_between_answer_and_commit_is_told_as_that(
    account: MadeAccount, system: System, engine: Engine, connection: psycopg.Connection
):
    seen = credential(connection, account)
    with engine.connect() as session:
        begun = tokens.begin_refresh(session, account.id, seen.access_token or "")
    assert begun is not None
    lost = httpx.post(
        f"{system.sandbox_url}/twitter/2/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": "refresh-1"},
        auth=("client", "client-secret"),
    )
    assert lost.is_success
    connection.execute(
        "UPDATE social_accounts SET refresh_started_at = now() - interval '3 minutes'"
    )
    with pytest.raises(TokenRevoked, match="its answer never reached the database"):
        system.publisher.tokens.refreshed(seen, X)


def test_a_process_lost_before_it_asked_costs_only_its_claim(
    account: MadeAccount, system: System, engine: Engine, connection: psycopg.Connection
):
    seen = credential(connection, account)
    with engine.connect() as session:
        assert tokens.begin_refresh(session, account.id, seen.access_token or "")
        assert tokens.begin_refresh(session, account.id, seen.access_token or "") is None
    connection.execute(
        "UPDATE social_accounts SET refresh_started_at = now() - interval '3 minutes'"
    )
    assert system.publisher.tokens.refreshed(seen, X).text
    assert len(refreshes(system)) == 1


def test_a_pair_that_comes_late_does_not_replace_a_new_connection(
    account: MadeAccount, system: System, engine: Engine, connection: psycopg.Connection
):
    seen = credential(connection, account)
    connected = KEYRING.seal("by its owner", row=account.id, column="access_token")
    connection.execute("UPDATE social_accounts SET access_token = %s", [connected])
    with engine.connect() as session:
        stored = tokens.store_tokens(
            session,
            account.id,
            seen.access_token or "",
            access_token=KEYRING.seal("late", row=account.id, column="access_token"),
            refresh_token=None,
            expires_at=None,
            upkeep_at=seen.now,
        )
    assert stored is None
    assert system.publisher.tokens.refreshed(seen, X).text == "by its owner"
    assert refreshes(system) == []


@pytest.mark.parametrize("blank", [None, ""])
def test_an_answer_without_a_refresh_token_leaves_the_one_that_is_there(
    blank: str | None, account: MadeAccount, engine: Engine, connection: psycopg.Connection
):
    seen = credential(connection, account)
    with engine.connect() as session:
        assert tokens.store_tokens(
            session,
            account.id,
            seen.access_token or "",
            access_token=KEYRING.seal("new", row=account.id, column="access_token"),
            refresh_token=blank,
            expires_at=None,
            upkeep_at=seen.now,
        )
    row = row_of(connection, "social_accounts", account.id)
    assert KEYRING.open(row.refresh_token, row=account.id, column="refresh_token") == "refresh-1"
    assert KEYRING.open(row.access_token, row=account.id, column="access_token") == "new"


def test_a_verdict_on_an_old_token_does_not_touch_a_new_connection(
    account: MadeAccount, engine: Engine, connection: psycopg.Connection
):
    seen = credential(connection, account)
    connected = KEYRING.seal("by its owner", row=account.id, column="access_token")
    connection.execute("UPDATE social_accounts SET access_token = %s", [connected])
    with engine.connect() as session:
        assert not tokens.mark_unusable(
            session,
            account.id,
            status=AccountStatus.REVOKED,
            reason="no",
            setbacks=10,
            token_stored_at=seen.token_stored_at,
        )
    assert row_of(connection, "social_accounts", account.id).status == "active"


def test_a_database_that_is_away_is_waited_for_with_the_pair_in_hand(engine: Engine):
    nowhere = make_engine("postgresql://nobody@127.0.0.1:1/x", application_name="tests")
    engines = iter([nowhere, nowhere, engine])

    def store() -> int:
        with next(engines).connect() as session:
            return int(session.execute(text("SELECT 1")).scalar_one())

    assert insistently(store) == 1


def test_who_waits_for_another_process_for_long_waits_without_a_thread(
    account: MadeAccount,
    system: System,
    engine: Engine,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("workers.tokens.PATIENCE", 0.3)
    seen = credential(connection, account)
    with engine.connect() as session:
        assert tokens.begin_refresh(session, account.id, seen.access_token or "")
    with pytest.raises(NotReady):
        system.publisher.tokens.refreshed(seen, X)
