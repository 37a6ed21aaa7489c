"""The scheduler's passes: when it looks, when it claims, and how long it rests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from db.engine import Engine
from dev.stepped import Clock
from domain.content import Platform
from domain.messages import Dispatch
from runtime.broker import DoorbellBroker, make_broker
from scheduler.dispatch import STAND_BACK, Dispatcher
from scheduler.rooms import QUEUE_ROOM, Rooms
from tests.make import a_post, a_user, an_account, row_of, value
from tests.system import LATE_WINDOW
from tests.waiting import WAITING_FOR_LOCKS, eventually


def test_a_scheduler_with_nothing_to_do_does_not_ask_the_broker_until_a_post_comes(
    engine: Engine, connection: psycopg.Connection, broker: DoorbellBroker
):
    dispatcher = Dispatcher(engine, broker, LATE_WINDOW)
    assert dispatcher.run_once(0.0).sleep == 0.25
    dispatcher.broker = make_broker("redis://127.0.0.1:1/0")
    assert dispatcher.run_once(1.0).sleep == 0.25
    dispatcher.broker = broker
    user = a_user(connection)
    a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    done = dispatcher.run_once(2.0)
    assert (done.released, done.dispatched) == (1, 1)


def test_a_post_that_was_committed_after_its_time_is_found_within_a_second(
    engine: Engine, connection: psycopg.Connection, broker: DoorbellBroker
):
    dispatcher = Dispatcher(engine, broker, LATE_WINDOW)
    dispatcher.run_once(0.0)
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    a_post(connection, user, [account], due_in=timedelta(seconds=-30))
    assert sum(dispatcher.run_once(now).dispatched for now in (0.25, 0.5, 0.75, 1.0)) == 1


def test_who_comes_second_to_a_post_comes_a_little_later_to_the_next(
    engine: Engine, connection: psycopg.Connection, broker: DoorbellBroker
):
    stepped = Clock.install(connection, value(connection, "SELECT clock_timestamp()"))
    first, second = (Dispatcher(engine, broker, LATE_WINDOW) for _ in range(2))
    user = a_user(connection)
    for platform, tenths in ((Platform.TWITTER, 1), (Platform.THREADS, 2), (Platform.LINKEDIN, 3)):
        account = an_account(connection, user, platform)
        a_post(connection, user, [account], due_in=timedelta(seconds=tenths / 10))
    assert second.run_once(0.0).sleep == pytest.approx(0.1)
    stepped.advance(timedelta(seconds=0.05))
    assert second.run_once(0.05).sleep == pytest.approx(0.05)
    stepped.advance(timedelta(seconds=0.05))
    assert first.run_once(0.1).released == 1
    assert second.run_once(0.1).sleep == pytest.approx(0.1 + STAND_BACK)
    stepped.advance(timedelta(seconds=0.1))
    assert second.run_once(0.2).released == 1
    assert second.run_once(0.2).sleep == pytest.approx(0.1)


def test_what_was_sent_since_the_queues_were_looked_at_takes_its_room(broker: DoorbellBroker):
    rooms = Rooms()
    rooms.look(0.0, broker)
    rooms.take([Dispatch(uuid4(), 1, Platform.TWITTER)] * (QUEUE_ROOM // 2 + 1))
    rooms.look(0.05, broker)
    assert rooms.left()[Platform.TWITTER] == 0
    assert rooms.left()[Platform.THREADS] == QUEUE_ROOM
    rooms.look(0.2, broker)
    assert rooms.left()[Platform.TWITTER] == QUEUE_ROOM


def test_a_release_that_races_for_an_account_lets_its_publication_wait(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection, database_url: str
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    other = a_post(connection, user, [account])
    connection.execute("UPDATE post_publications SET scheduled_for = now() + interval '1 hour'")
    Dispatcher(engine, broker, LATE_WINDOW).run_once(0.0)
    wanted = a_post(connection, user, [account])
    with psycopg.connect(database_url) as elsewhere, ThreadPoolExecutor(1) as pool:
        elsewhere.execute(
            "UPDATE post_publications SET dispatched_at = now(), next_attempt_at = NULL"
            " WHERE id = %s",
            [other.only],
        )
        passing = pool.submit(Dispatcher(engine, broker, LATE_WINDOW).run_once, 0.0)
        eventually(lambda: value(connection, WAITING_FOR_LOCKS) == 1)
        elsewhere.commit()
        done = passing.result(10)
    assert (done.released, done.dispatched) == (1, 0)
    assert row_of(connection, "post_publications", wanted.only).next_attempt_at is not None
