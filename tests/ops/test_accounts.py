"""People look after accounts and keys by command; no token is ever shown."""

from __future__ import annotations

import base64
import json

import psycopg
import pytest

from db.engine import Engine
from db.seal import Keyring
from domain.content import Platform
from tests.make import KEYRING, TOKEN_KEYS, MadeAccount, a_post, a_user, an_account, row_of, value
from tests.ops.conftest import Ran, Run
from tests.system import System
from workers.process import make_upkeep

TWO_KEYS = "new:" + base64.b64encode(b"n" * 32).decode() + "," + TOKEN_KEYS


@pytest.fixture
def account(system: System, connection: psycopg.Connection) -> MadeAccount:
    """On X, with a refresh token, known to the sandbox."""
    user = a_user(connection, email="ada@example.org")
    made = an_account(connection, user, Platform.TWITTER)
    sealed = KEYRING.seal("refresh-1", row=made.id, column="refresh_token")
    connection.execute("UPDATE social_accounts SET refresh_token = %s", [sealed])
    system.know_entry({**made.sandbox_entry, "refresh_token": "refresh-1", "name": "Ada L."})
    return made


@pytest.fixture
def at_sandbox(monkeypatch: pytest.MonkeyPatch, publishing: Run, system: System, redis_url: str):
    """``publishing`` with all of a worker's settings."""
    more = {"REDIS_URL": redis_url}
    for platform in Platform:
        more[f"{platform.upper()}_URL"] = f"{system.sandbox_url}/{platform}"
        more[f"{platform.upper()}_CLIENT_ID"] = "client"
        more[f"{platform.upper()}_CLIENT_SECRET"] = "client-secret"

    def run(*arguments: str, stdin: str = "", **changes: str) -> Ran:
        return publishing(*arguments, stdin=stdin, **more, **changes)

    return run


def test_an_account_is_shown_with_what_waits_for_it(account: MadeAccount, publishing: Run):
    shown = publishing("accounts", "show", "ada@example.org/twitter", "--json")
    assert (shown.code, shown.document["id"]) == (0, str(account.id))
    assert shown.document["waiting"] == 0
    told = publishing("accounts", "show", str(account.id)).out
    assert account.token not in told
    assert "v1:" not in told


def test_the_platform_is_asked_who_it_is(
    account: MadeAccount, at_sandbox: Run, connection: psycopg.Connection
):
    done = at_sandbox("accounts", "check", str(account.id), "--json")
    assert (done.code, done.document["display_name"]) == (0, "Ada L.")
    assert row_of(connection, "social_accounts", account.id).display_name == "Ada L."


def test_a_check_that_fails_says_why_and_exits_with_one(
    account: MadeAccount, at_sandbox: Run, system: System
):
    system.break_with(platform="twitter", action="expire_token", times=1)
    system.break_with(platform="twitter", step="refresh", action="error", status=503, times=0)
    done = at_sandbox("accounts", "check", str(account.id))
    assert done.code == 1
    assert "unavailable: " in done.out
    assert account.token not in done.out + done.err


def test_a_refresh_by_hand_stores_the_pair(
    account: MadeAccount, at_sandbox: Run, connection: psycopg.Connection
):
    done = at_sandbox("accounts", "refresh", str(account.id), "--json")
    assert done.code == 0, done.err
    row = row_of(connection, "social_accounts", account.id)
    token = KEYRING.open(row.access_token, row=account.id, column="access_token")
    assert token != account.token
    assert token not in done.out


def test_a_paused_account_sends_nothing_until_it_is_resumed(
    account: MadeAccount, publishing: Run, system: System, connection: psycopg.Connection
):
    a_post(connection, row_of(connection, "social_accounts", account.id).user_id, [account])
    assert publishing("accounts", "pause", str(account.id), "--until", "+2h").code == 0
    assert system.step() == 0
    assert publishing("accounts", "resume", str(account.id)).code == 0
    assert system.step() == 1


def test_a_revoked_account_is_resumed_by_new_tokens_only(
    account: MadeAccount, publishing: Run, connection: psycopg.Connection
):
    connection.execute("UPDATE social_accounts SET status = 'revoked', status_reason = 'gone'")
    refused = publishing("accounts", "resume", str(account.id))
    assert refused.code == 1
    assert "accounts connect" in refused.err
    tokens = json.dumps({"access_token": "second"})
    assert publishing("accounts", "connect", str(account.id), stdin=tokens).code == 0
    row = row_of(connection, "social_accounts", account.id)
    assert (row.status, row.status_reason) == ("active", None)
    assert KEYRING.open(row.access_token, row=account.id, column="access_token") == "second"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "nobody@example.org/twitter"), "there is no account"),
        (("check", "6f1c"), "give its id, or EMAIL/PLATFORM"),
        (("pause", "ada@example.org/twitter", "--until", "soon"), "soon is no time"),
        (("pause", "ada@example.org/twitter", "--until", "now"), "has passed"),
        (("connect", "ada@example.org/twitter"), "token: it cannot be read"),
    ],
)
def test_bad_input_gets_one_clear_error(arguments, words, account: MadeAccount, publishing: Run):
    done = publishing("accounts", *arguments)
    assert done.code == 1
    assert words in done.err


def test_keys_rotate_in_batches_while_everything_goes_on(
    account: MadeAccount, publishing: Run, connection: psycopg.Connection, engine: Engine
):
    user = row_of(connection, "social_accounts", account.id).user_id
    revoked = an_account(connection, user, Platform.THREADS, status="revoked")
    an_account(connection, user, Platform.LINKEDIN)
    before = publishing("keys", "list", "--json").document
    assert before == [{"key": "test", "tokens": 4}]
    done = publishing("keys", "reseal", "--batch", "2", TOKEN_KEYS=TWO_KEYS)
    assert done.code == 0, done.out
    assert "2 of 3\n3 of 3" in done.out
    assert publishing("keys", "list", "--json").document == [{"key": "new", "tokens": 4}]
    row = row_of(connection, "social_accounts", account.id)
    ring = Keyring.parse(TWO_KEYS)
    assert ring.open(row.access_token, row=account.id, column="access_token") == account.token
    assert row_of(connection, "social_accounts", revoked.id).status == "revoked"
    again = publishing("keys", "reseal", "--json", TOKEN_KEYS=TWO_KEYS).document
    assert (again["resealed"], again["left"]) == (0, 0)


def test_a_reseal_goes_on_past_what_it_cannot_open_and_what_is_being_refreshed(
    account: MadeAccount, publishing: Run, connection: psycopg.Connection
):
    user = row_of(connection, "social_accounts", account.id).user_id
    lost = an_account(connection, user, Platform.THREADS)
    stolen = KEYRING.seal("x", row=account.id, column="access_token")
    connection.execute(
        "UPDATE social_accounts SET access_token = %s WHERE id = %s", [stolen, lost.id]
    )
    busy = an_account(connection, user, Platform.LINKEDIN, refresh_started_at="now")
    done = publishing("keys", "reseal", "--json", TOKEN_KEYS=TWO_KEYS)
    assert done.code == 1
    assert done.document["unreadable"] == [str(lost.id)]
    assert (done.document["resealed"], done.document["left"]) == (1, 2)
    sealed = value(connection, "SELECT access_token FROM social_accounts WHERE id = %s", busy.id)
    assert sealed.startswith("v1:test:")


def test_a_token_sealed_anew_under_a_refresh_is_not_taken_for_a_new_one(
    account: MadeAccount, publishing: Run, system: System, connection: psycopg.Connection
):
    upkeep = make_upkeep(system.engine, system.publisher.tokens)
    kept = upkeep.known(account.id)
    sealed = KEYRING.seal(account.token, row=account.id, column="access_token")
    connection.execute("SELECT set_config('publishing.reseal', 'on', false)")
    connection.execute("UPDATE social_accounts SET access_token = %s", [sealed])
    token = system.publisher.tokens.refreshed(kept, system.publisher.adapters[Platform.TWITTER])
    assert token.text != account.token
