"""What goes wrong on the way ends as a true row, and costs what it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from db import leases
from db.engine import Engine
from domain.content import Platform
from domain.failures import TokenRevoked
from platforms.adapter import Job, PublishFlow
from platforms.registry import ADAPTERS
from tests.make import KEYRING, a_post, a_user, an_account, ledger_of, row_of, value
from tests.system import System


def text_post(system: System, session: psycopg.Connection, platform=Platform.TWITTER, **columns):
    user = a_user(session)
    account = an_account(session, user, platform)
    system.know(account)
    return account, a_post(session, user, [account], **columns)


def test_a_rate_limit_waits_for_its_reset_and_costs_no_retry(
    system: System, connection: psycopg.Connection
):
    account, post = text_post(system, connection)
    system.break_with(platform="twitter", action="throttle", retry_after=120)
    system.step()
    waiting = row_of(connection, "post_publications", post.only)
    assert (waiting.status, waiting.failure_kind) == ("publishing", "throttled")
    assert waiting.retry_count == 0
    wait = value(connection, "SELECT %s - clock_timestamp()", waiting.next_attempt_at)
    assert timedelta(seconds=100) < wait < timedelta(seconds=125)
    paused = row_of(connection, "social_accounts", account.id).paused_until
    assert paused == waiting.next_attempt_at
    assert system.step() == 0
    system.hurry(connection, post.only)
    system.step()
    done = row_of(connection, "post_publications", post.only)
    assert (done.status, done.retry_count, done.failure_kind) == ("published", 0, None)


def test_a_platform_that_is_down_is_tried_again_until_the_retries_end(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection, Platform.THREADS)
    system.break_with(platform="threads", step="prepare", action="error", times=0, status=503)
    for retries in range(1, 4):
        system.step()
        found = row_of(connection, "post_publications", post.only)
        assert (found.status, found.retry_count) == ("publishing", retries)
        assert row_of(connection, "posts", post.id).retry_count == retries
        system.hurry(connection, post.only)
    system.step()
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "unavailable")
    assert failed.failed_at is not None
    assert failed.last_retry_at is not None
    assert "after 3 retries" in failed.error_message
    assert row_of(connection, "posts", post.id).status == "failed"
    assert system.accepted() == []


def test_a_retry_waits_for_its_time(system: System, connection: psycopg.Connection):
    _, post = text_post(system, connection, Platform.THREADS)
    system.break_with(platform="threads", step="prepare", action="error", status=503)
    assert system.step() == 1
    tried = system.calls(Platform.THREADS)
    assert (system.step(), system.reap(), system.step()) == (0, 0, 0)
    assert system.calls(Platform.THREADS) == tried
    system.hurry(connection, post.only)
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"


def test_an_outage_on_the_publishing_call_is_settled_before_it_is_sent_again(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    system.break_with(platform="twitter", step="publish", action="error", status=503)
    system.step()
    doubtful = row_of(connection, "post_publications", post.only)
    assert doubtful.intent_at is not None
    assert doubtful.failure_kind == "unconfirmed"
    system.hurry(connection, post.only, by="10 seconds")
    system.step()
    assert row_of(connection, "post_publications", post.only).intent_at is not None
    system.hurry(connection, post.only, by="90 seconds")
    system.step()
    absent = row_of(connection, "post_publications", post.only)
    assert (absent.intent_at, absent.retry_count) == (None, 1)
    system.hurry(connection, post.only)
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"
    assert ledger_of(connection, post.only) == [
        "publish intent",
        "publish unknown",
        "settle unknown",
        "settle absent",
        "publish intent",
        "publish published",
    ]
    assert len(system.accepted()) == 1


def test_what_stays_unknown_fails_as_unconfirmed_and_says_what_to_do(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    system.break_with(platform="twitter", step="publish", action="drop_after")
    system.break_with(platform="twitter", step="read", action="error", times=0, status=500)
    for _ in range(6):
        system.step()
        system.hurry(connection, post.only)
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "unconfirmed")
    assert "look at the account" in failed.error_message
    assert len(system.accepted()) == 1
    assert value(connection, "SELECT retry_post(%s)", post.id) == 0
    settled = value(
        connection, "SELECT settle_publication(%s, 'twitter', '19300', 'https://x')", post.id
    )
    assert settled == "published"
    assert row_of(connection, "posts", post.id).status == "published"


def test_an_expired_token_is_refreshed_once_and_the_pair_is_stored_first(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    sealed = KEYRING.seal("refresh-1", row=account.id, column="refresh_token")
    connection.execute(
        "UPDATE social_accounts SET refresh_token = %s WHERE id = %s", [sealed, account.id]
    )
    entry = {**account.sandbox_entry, "refresh_token": "refresh-1", "expires_in": 0}
    system.know_entry(entry)
    post = a_post(connection, user, [account])
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"
    after = row_of(connection, "social_accounts", account.id)
    opened = KEYRING.open(after.refresh_token, row=account.id, column="refresh_token")
    assert opened not in ("refresh-1", "")
    assert after.token_expires_at is not None
    assert system.calls(Platform.TWITTER) == [
        "POST /twitter/2/tweets 401",
        "POST /twitter/2/oauth2/token 200",
        "POST /twitter/2/tweets 201",
    ]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"content": "x" * 281}, "content: 281 characters"),
        ({"content": " "}, "needs text"),
        ({"content_type": "story"}, "content_type: twitter takes no story"),
    ],
)
def test_what_the_platform_would_refuse_is_refused_without_a_call(
    columns, field, system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection, **columns)
    system.step()
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "rejected")
    assert field in failed.error_message
    assert system.calls(Platform.TWITTER) == []


def test_what_the_platform_rejects_is_final_and_keeps_its_words(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection, Platform.FACEBOOK)
    system.break_with(platform="facebook", step="publish", action="reject")
    system.step()
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "rejected")
    assert "Invalid parameter" in failed.error_message
    code = value(connection, "SELECT max(platform_code) FROM publication_attempts")
    assert code == "100"


def test_a_post_later_than_its_late_window_is_not_sent_but_can_be_retried(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    dispatches = system.dispatch()
    connection.execute("UPDATE post_publications SET give_up_at = now() - interval '1 second'")
    system.work(dispatches)
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "too_late")
    assert value(connection, "SELECT retry_post(%s)", post.id) == 1
    system.step()
    assert row_of(connection, "post_publications", post.only).status == "published"


def test_an_edit_before_the_announcement_is_the_one_that_goes_out(
    system: System, engine: Engine, connection: psycopg.Connection
):
    _, post = text_post(system, connection, content="first words")
    (dispatch,) = system.dispatch()
    with engine.connect() as session:
        held = system.take(dispatch)
        connection.execute("UPDATE posts SET content = 'better words' WHERE id = %s", [post.id])
        with pytest.raises(leases.LeaseLost):
            leases.announce(session, leases.Intent(held, {}))
        assert leases.hand_back(session, held)
    system.step()
    (accepted,) = system.accepted()
    assert accepted["text"] == "better words"


def test_an_edit_after_the_announcement_is_refused_as_too_late(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    system.break_with(platform="twitter", step="publish", action="drop_after")
    system.step()
    with pytest.raises(psycopg.errors.CheckViolation, match="too late"):
        connection.execute("UPDATE posts SET content = 'never' WHERE id = %s", [post.id])


def test_cancelling_takes_it_from_the_worker_that_holds_it(
    system: System, engine: Engine, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    (dispatch,) = system.dispatch()
    with engine.connect() as session:
        held = system.take(dispatch)
        assert value(connection, "SELECT bool_and(cancelled) FROM cancel_post(%s)", post.id)
        with pytest.raises(leases.LeaseLost):
            leases.announce(session, leases.Intent(held, {}))
    assert row_of(connection, "posts", post.id).status == "cancelled"
    assert system.step() == 0


def test_cancelling_what_has_been_announced_is_too_late(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    system.break_with(platform="twitter", step="publish", action="drop_after")
    system.step()
    reason = value(connection, "SELECT reason FROM cancel_post(%s)", post.id)
    assert reason == "too late: it is being published"


def test_a_worker_that_wakes_late_writes_nothing(
    system: System, engine: Engine, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    (dispatch,) = system.dispatch()
    with engine.connect() as session:
        late = system.take(dispatch)
        connection.execute("UPDATE post_publications SET lease_until = now() - interval '1 second'")
        system.reap()
        system.step()
        with pytest.raises(leases.LeaseLost):
            leases.announce(session, leases.Intent(late, {}))
        with pytest.raises(leases.LeaseLost):
            system.publisher.recorder.record(system.run_of(late), system.some_post())
        assert not leases.hand_back(session, late)
    assert row_of(connection, "post_publications", post.only).status == "published"
    assert len(system.accepted()) == 1


def test_a_message_that_comes_twice_is_worked_on_once(
    system: System, connection: psycopg.Connection
):
    text_post(system, connection)
    dispatches = system.dispatch()
    system.work([*dispatches, *dispatches])
    assert len(system.accepted()) == 1


def test_a_fault_of_our_own_is_recorded_and_tried_again(
    system: System, connection: psycopg.Connection
):
    def broken(_job: Job) -> PublishFlow:
        raise ValueError

    adapters = {Platform.TWITTER: replace(ADAPTERS[Platform.TWITTER], publish=broken)}
    _, post = text_post(system, connection)
    replace(system, publisher=replace(system.publisher, adapters=adapters)).step()
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.failure_kind) == ("publishing", "unavailable")
    assert "internal error (ValueError)" in found.error_message


def test_no_secret_reaches_a_row_or_a_log(
    system: System, connection: psycopg.Connection, caplog: pytest.LogCaptureFixture
):
    account, _ = text_post(system, connection, Platform.THREADS)
    system.break_with(platform="threads", action="error", times=1, status=500)
    system.step()
    rows = connection.execute("SELECT a::text FROM publication_attempts a").fetchall()
    rows += connection.execute("SELECT p::text FROM post_publications p").fetchall()
    assert rows
    assert account.token not in f"{rows}{caplog.text}"


def test_a_post_that_the_platform_has_named_does_not_fail_any_more(
    system: System, connection: psycopg.Connection
):
    _, post = text_post(system, connection)
    (dispatch,) = system.dispatch()
    run = system.run_of(system.take(dispatch))
    run.save({"published_id": "77", "published_url": "https://x.com/77"})
    run.announce()
    system.publisher.recorder.record(run, TokenRevoked("somebody ended the connection"))
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.platform_post_id) == ("published", "77")
    assert found.platform_post_url == "https://x.com/77"
    assert found.error_message == "it is public, but somebody ended the connection"
    assert (found.failure_kind, found.failed_at) == (None, None)
    assert row_of(connection, "posts", post.id).status == "published"
