"""What gets lost between the row and the platform is found within seconds."""

from __future__ import annotations

import psycopg
import pytest
import redis

from db.engine import Engine
from domain.content import Platform
from runtime.broker import BrokerUnreachable, DoorbellBroker, make_broker
from scheduler.dispatch import Dispatcher
from scheduler.reaper import Reaped, Reaper
from tests.make import a_post, a_user, an_account, ledger_of, row_of, value
from tests.system import LATE_WINDOW, System


@pytest.fixture
def dispatcher(engine: Engine, broker: DoorbellBroker) -> Dispatcher:
    return Dispatcher(engine, broker, LATE_WINDOW)


def a_due_post(session: psycopg.Connection):
    user = a_user(session)
    return a_post(session, user, [an_account(session, user, Platform.TWITTER)])


def an_age_ago(session: psycopg.Connection) -> None:
    session.execute("UPDATE post_publications SET dispatched_at = now() - interval '10 seconds'")


def test_a_pass_leaves_one_message_for_each_dispatch(
    dispatcher: Dispatcher, broker: DoorbellBroker, connection: psycopg.Connection
):
    a_due_post(connection)
    done = dispatcher.run_once(0.0)
    assert (done.released, done.dispatched, done.sleep) == (1, 1, 0.25)
    assert broker.depths()["publish-twitter"] == 1
    assert dispatcher.run_once(1.0).dispatched == 0


def test_the_scheduler_sleeps_until_the_next_post_but_never_long(
    dispatcher: Dispatcher, connection: psycopg.Connection
):
    assert dispatcher.run_once(0.0).sleep == 0.25
    a_due_post(connection)
    connection.execute("UPDATE posts SET scheduled_at = clock_timestamp() + interval '100 ms'")
    assert 0 < dispatcher.run_once(1.0).sleep <= 0.1


def test_a_message_that_redis_lost_is_sent_again(
    dispatcher: Dispatcher, broker: DoorbellBroker, engine: Engine, connection: psycopg.Connection
):
    post = a_due_post(connection)
    dispatcher.run_once(0.0)
    broker.client.flushdb()
    an_age_ago(connection)
    assert Reaper(engine, broker).run_once().dispatches == {"message lost": 1}
    dispatcher.run_once(1.0)
    assert broker.depths()["publish-twitter"] == 1
    assert row_of(connection, "post_publications", post.only).dispatch_number == 2


def test_a_message_that_waits_its_turn_is_left_in_peace(
    dispatcher: Dispatcher, broker: DoorbellBroker, engine: Engine, connection: psycopg.Connection
):
    a_due_post(connection)
    dispatcher.run_once(0.0)
    an_age_ago(connection)
    assert Reaper(engine, broker).run_once().dispatches == {}


def test_a_message_stuck_in_a_living_worker_is_given_up_for_another(
    dispatcher: Dispatcher, broker: DoorbellBroker, engine: Engine, connection: psycopg.Connection
):
    post = a_due_post(connection)
    dispatcher.run_once(0.0)
    connection.execute("UPDATE post_publications SET dispatched_at = now() - interval '1 hour'")
    assert Reaper(engine, broker).run_once().dispatches == {"message stuck": 1}
    assert broker.depths()["publish-twitter"] == 0
    assert row_of(connection, "post_publications", post.only).dispatched_at is None


def test_a_scheduler_without_a_broker_leaves_nothing_in_flight(
    engine: Engine, connection: psycopg.Connection
):
    post = a_due_post(connection)
    nowhere = make_broker("redis://127.0.0.1:1/1")
    with pytest.raises(BrokerUnreachable):
        Dispatcher(engine, nowhere, LATE_WINDOW).run_once(0.0)
    assert row_of(connection, "posts", post.id).status == "scheduled"


def test_messages_that_do_not_get_through_are_taken_back(
    dispatcher: Dispatcher, broker: DoorbellBroker, connection: psycopg.Connection
):
    post = a_due_post(connection)
    broker.client.set(f"{broker.namespace}:publish-twitter.msgs", "no hash")
    with pytest.raises(redis.RedisError):
        dispatcher.run_once(0.0)
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.dispatch_number) == ("publishing", 1)
    assert found.dispatched_at is None
    assert found.next_attempt_at is not None


def test_a_worker_lost_before_the_announcement_means_another_try(
    system: System, connection: psycopg.Connection
):
    post = a_due_post(connection)
    (dispatch,) = system.dispatch()
    system.take(dispatch)
    assert system.reap() == 0
    connection.execute("UPDATE post_publications SET lease_until = now() - interval '1 second'")
    assert system.reap() == 1
    found = row_of(connection, "post_publications", post.only)
    assert (found.crash_count, found.lease_token, found.dispatched_at) == (1, None, None)
    assert found.next_attempt_at is not None
    assert ledger_of(connection, post.only) == ["prepare lost"]


def test_a_worker_lost_after_the_announcement_means_a_question(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    system.know(account)
    post = a_post(connection, user, [account])
    (dispatch,) = system.dispatch()
    system.announce(system.take(dispatch))
    connection.execute("UPDATE post_publications SET lease_until = now() - interval '1 second'")
    system.reap()
    system.hurry(connection, post.only, by="2 minutes")
    system.step()
    assert ledger_of(connection, post.only) == ["publish intent", "publish lost", "settle absent"]


def lose_a_worker(system: System, session: psycopg.Connection, *, announced: bool) -> None:
    (dispatch,) = system.dispatch()
    held = system.take(dispatch)
    if announced:
        system.announce(held)
    session.execute("UPDATE post_publications SET lease_until = now() - interval '1 second'")
    system.reap()
    session.execute(
        "UPDATE post_publications SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"
    )


def test_what_takes_every_worker_down_is_put_in_quarantine(
    system: System, connection: psycopg.Connection
):
    post = a_due_post(connection)
    for _ in range(3):
        lose_a_worker(system, connection, announced=False)
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "quarantined")
    assert "lost 3 times" in failed.error_message
    assert value(connection, "SELECT retry_post(%s)", post.id) == 1


def test_what_takes_workers_down_after_the_announcement_is_left_to_a_person(
    system: System, connection: psycopg.Connection
):
    post = a_due_post(connection)
    lose_a_worker(system, connection, announced=True)
    for _ in range(2):
        lose_a_worker(system, connection, announced=False)
    failed = row_of(connection, "post_publications", post.only)
    assert (failed.status, failed.failure_kind) == ("failed", "unconfirmed")
    assert "publishing posts settle" in failed.error_message
    assert value(connection, "SELECT retry_post(%s)", post.id) == 0
    assert ledger_of(connection, post.only)[-1] == "publish failed"


def test_the_reaper_counts_what_it_finds_by_cause(
    dispatcher: Dispatcher,
    broker: DoorbellBroker,
    engine: Engine,
    system: System,
    connection: psycopg.Connection,
):
    reaper = Reaper(engine, broker)
    assert reaper.run_once() == Reaped({}, {})
    for _ in range(3):
        a_due_post(connection)
    dispatcher.run_once(0.0)
    broker.client.flushdb()
    an_age_ago(connection)
    assert reaper.run_once() == Reaped({"message lost": 3}, {})
    first, second, _ = system.dispatch()
    system.take(first)
    system.announce(system.take(second))
    connection.execute(
        "UPDATE post_publications SET lease_until = now() - interval '1 second'"
        " WHERE lease_token IS NOT NULL"
    )
    found = {"worker lost before sending": 1, "worker lost after sending": 1}
    assert reaper.run_once() == Reaped({}, found)
    assert dict(connection.execute("SELECT cause, total FROM reaper_counts").fetchall()) == {
        "message lost": 3,
        **found,
    }
