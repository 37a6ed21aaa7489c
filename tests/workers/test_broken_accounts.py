"""Posts of an account that has to be connected again wait, and go out when it is."""

from __future__ import annotations

import json

import psycopg
import pytest

from db import views
from db.dispatching import LATE_SPACING, OVERDUE
from db.engine import Engine
from domain.content import Platform
from domain.explain import explain
from tests.make import KEYRING, MadeAccount, MadePost, a_post, a_user, an_account, row_of, value
from tests.scheduler.test_plans import explained
from tests.system import System

REVOKED = {
    Platform.LINKEDIN: "revoke_token",
    Platform.THREADS: "revoke_token",
    Platform.FACEBOOK: "forbid",
}


@pytest.fixture(params=REVOKED)
def broken(request, system: System, connection: psycopg.Connection):
    """An account that the platform no longer lets post, and the post that found it out."""
    user = a_user(connection)
    account = an_account(connection, user, request.param)
    system.know(account)
    post = a_post(connection, user, [account])
    system.break_with(platform=request.param, action=REVOKED[request.param], times=1)
    assert system.step() == 1
    return account, post


def connect(connection: psycopg.Connection, account: MadeAccount, token: str) -> None:
    """As a service does it: one UPDATE of the token."""
    sealed = KEYRING.seal(token, row=account.id, column="access_token")
    connection.execute(
        "UPDATE social_accounts SET access_token = %s WHERE id = %s", [sealed, account.id]
    )


def test_the_post_waits_without_retries_and_the_account_says_what_to_do(
    broken: tuple[MadeAccount, MadePost],
    system: System,
    engine: Engine,
    connection: psycopg.Connection,
):
    account, post = broken
    waiting = row_of(connection, "post_publications", post.only)
    assert (waiting.status, waiting.retry_count) == ("publishing", 0)
    assert waiting.failure_kind in ("token_revoked", "permission_missing")
    marked = row_of(connection, "social_accounts", account.id)
    assert marked.status in ("revoked", "error")
    assert marked.health == "unhealthy"
    assert marked.status_reason == waiting.error_message
    (story,) = views.stories(engine, post.id)
    told = explain(story.situation)
    assert f"whose status is {marked.status}" in told
    assert "publishing accounts connect" in told


def test_the_platform_is_left_alone_until_the_account_is_connected_again(
    broken: tuple[MadeAccount, MadePost], system: System, connection: psycopg.Connection
):
    account, post = broken
    second = a_post(connection, row_of(connection, "posts", post.id).user_id, [account])
    calls = system.calls(account.platform)
    assert system.step() == 0
    assert system.calls(account.platform) == calls
    system.know_entry({**account.sandbox_entry, "token": f"{account.token}-2"})
    connect(connection, account, f"{account.token}-2")
    assert row_of(connection, "social_accounts", account.id).status == "active"
    while system.step():
        pass
    for found in (post, second):
        published = row_of(connection, "post_publications", found.only)
        assert (published.status, published.retry_count) == ("published", 0)
    assert row_of(connection, "social_accounts", account.id).health == "healthy"


def test_at_the_end_of_its_late_window_it_fails_with_the_kind_and_the_remedy(
    broken: tuple[MadeAccount, MadePost], system: System, connection: psycopg.Connection
):
    account, post = broken
    calls = system.calls(account.platform)
    kind = row_of(connection, "post_publications", post.only).failure_kind
    connection.execute("UPDATE post_publications SET give_up_at = now() - interval '1 second'")
    assert system.step() == 1
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", kind)
    assert "has to be connected again" in failed.error_message
    assert "end of the late window" in failed.error_message
    assert system.calls(account.platform) == calls


def test_an_open_question_waits_too_and_never_becomes_a_second_post(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.FACEBOOK)
    system.know(account)
    post = a_post(connection, user, [account])
    system.break_with(platform="facebook", step="publish", action="drop_after")
    system.step()
    system.break_with(platform="facebook", action="revoke_token", times=1)
    system.hurry(connection, post.only)
    assert system.step() == 1
    open_still = row_of(connection, "post_publications", post.only)
    assert open_still.intent_at is not None
    assert (open_still.settle_count, open_still.failure_kind) == (0, "token_revoked")
    system.hurry(connection, post.only)
    assert system.step() == 0
    system.know_entry({**account.sandbox_entry, "token": "second-token"})
    connect(connection, account, "second-token")
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"
    assert len(system.accepted()) == 1


def test_a_token_that_cannot_be_decrypted_names_the_column_and_the_remedy(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    post = a_post(connection, user, [account])
    stolen = KEYRING.seal("other", row=post.id, column="access_token")
    connection.execute(
        "UPDATE social_accounts SET access_token = %s WHERE id = %s", [stolen, account.id]
    )
    system.step()
    waiting = row_of(connection, "post_publications", post.only)
    assert (waiting.status, waiting.failure_kind) == ("publishing", "token_unreadable")
    assert "access_token" in waiting.error_message
    assert "connect the account again" in waiting.error_message
    assert row_of(connection, "social_accounts", account.id).status == "error"


def test_an_account_connected_while_its_post_was_in_flight_is_not_marked(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.LINKEDIN)
    post = a_post(connection, user, [account])
    (dispatch,) = system.dispatch()
    run = system.run_of(system.take(dispatch))
    system.know_entry({**account.sandbox_entry, "token": "second-token"})
    connect(connection, account, "second-token")
    system.publisher.recorder.record(run, system.revoked())
    assert row_of(connection, "social_accounts", account.id).status == "active"
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"


def test_a_thousand_broken_accounts_with_a_backlog_cost_a_look_each(
    engine: Engine, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO users (name, email, password)"
        " SELECT 'T', n || '@b', '$x' FROM generate_series(1, 1000) n"
    )
    connection.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username, status)"
        " SELECT id, 'twitter', '1', 't', 'revoked' FROM users"
    )
    connection.execute(
        "INSERT INTO posts (user_id, status, scheduled_at) SELECT id, 'publishing', now()"
        " FROM users, generate_series(1, 20)"
    )
    connection.execute(
        "INSERT INTO post_publications (post_id, social_account_id, status, next_attempt_at,"
        " give_up_at) SELECT p.id, a.id, 'publishing', now(), now() + interval '1 hour'"
        " FROM posts p JOIN social_accounts a USING (user_id)"
    )
    connection.execute("VACUUM ANALYZE post_publications, social_accounts")
    assert value(connection, "SELECT count(*) FROM post_publications") == 20_000
    plan = explained(
        engine,
        "dispatch",
        rooms=json.dumps({"twitter": 500}),
        spacing=LATE_SPACING,
        overdue=OVERDUE,
    )
    heads = [n for n in plan if n.get("Index Name") == "idx_post_publications_waiting"]
    looks = sum(n["Actual Rows"] * n["Actual Loops"] for n in heads)
    assert looks <= 1000 + 2, "each account once, and once more where the walk comes round"
    assert plan[0]["Shared Hit Blocks"] + plan[0]["Shared Read Blocks"] <= 15 * 1000
    assert plan[0]["Actual Rows"] == 0
