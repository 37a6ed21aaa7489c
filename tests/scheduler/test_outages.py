"""An outage of a platform is seen across accounts; posts wait for its end, and lose nothing."""

from __future__ import annotations

import psycopg
import pytest

from db import outages
from db.engine import Engine
from domain.content import Platform
from runtime.broker import DoorbellBroker
from scheduler.dispatch import Dispatcher
from scheduler.outages import OutageSense
from tests.make import MadeAccount, MadePost, a_post, a_user, an_account, row_of, value
from tests.system import LATE_WINDOW, System


@pytest.fixture
def dispatcher(engine: Engine, broker: DoorbellBroker) -> Dispatcher:
    return Dispatcher(engine, broker, LATE_WINDOW)


def posts_of_users(
    system: System, session: psycopg.Connection, count: int, platform=Platform.THREADS
) -> list[tuple[MadeAccount, MadePost]]:
    made = []
    for _ in range(count):
        user = a_user(session)
        account = an_account(session, user, platform)
        made.append((account, a_post(session, user, [account])))
    system.know(*(account for account, _ in made))
    return made


def break_down(system: System, platform: str = "threads") -> None:
    system.break_with(platform=platform, step="prepare", action="error", times=0, status=503)


def time_passes(session: psycopg.Connection, platform: str = "threads") -> None:
    """The pause of the platform ends, and the waiting times of its publications with it."""
    session.execute(
        "UPDATE platform_pauses SET paused_until = clock_timestamp() WHERE platform = %s",
        [platform],
    )
    session.execute(
        "UPDATE post_publications SET next_attempt_at = clock_timestamp()"
        " WHERE next_attempt_at IS NOT NULL"
    )


def sense(engine: Engine) -> None:
    OutageSense(engine).run_once()


def is_out(session: psycopg.Connection, platform: str = "threads") -> bool:
    query = "SELECT count(*) FROM platform_pauses WHERE platform = %s AND opened_at IS NOT NULL"
    return bool(value(session, query, platform))


def test_failures_of_one_account_pause_no_platform(
    system: System, engine: Engine, connection: psycopg.Connection
):
    ((account, _),) = posts_of_users(system, connection, 1)
    user = row_of(connection, "social_accounts", account.id).user_id
    break_down(system)
    for _ in range(4):
        a_post(connection, user, [account])
        system.step()
    sense(engine)
    assert not is_out(connection)


def test_failures_across_accounts_pause_the_platform_and_cost_nothing_more(
    system: System, engine: Engine, connection: psycopg.Connection
):
    made = posts_of_users(system, connection, 3)
    break_down(system)
    system.step()
    sense(engine)
    assert is_out(connection)
    ((_, later),) = posts_of_users(system, connection, 1)
    assert system.step() == 0
    waiting = row_of(connection, "post_publications", later.only)
    assert (waiting.status, waiting.retry_count, waiting.dispatch_number) == ("publishing", 0, 0)
    for account, _ in made:
        found = row_of(connection, "social_accounts", account.id)
        assert (found.status, found.paused_until) == ("active", None)
    sense(engine)
    assert value(connection, "SELECT streak FROM platform_pauses") == 1


def test_more_successes_than_failures_are_no_outage(
    system: System, engine: Engine, connection: psycopg.Connection
):
    posts_of_users(system, connection, 4)
    system.step()
    posts_of_users(system, connection, 3)
    break_down(system)
    system.step()
    sense(engine)
    assert not is_out(connection)


def test_after_the_pause_one_publication_is_sent_as_a_probe_by_one_scheduler(
    system: System,
    engine: Engine,
    dispatcher: Dispatcher,
    broker: DoorbellBroker,
    connection: psycopg.Connection,
):
    posts_of_users(system, connection, 3)
    break_down(system)
    system.step()
    sense(engine)
    assert dispatcher.run_once(0.0).dispatched == 0
    time_passes(connection)
    assert dispatcher.run_once(1.0).dispatched == 1
    other = Dispatcher(engine, broker, LATE_WINDOW)
    assert other.run_once(1.0).dispatched == 0
    assert broker.depths()["publish-threads"] == 1


def probe(system: System, engine: Engine, connection: psycopg.Connection) -> None:
    """One pass of the scheduler and a worker after the pause, without a broker."""
    time_passes(connection)
    with engine.connect() as session:
        assert outages.claim_probes(session) == {Platform.THREADS: True}
    (dispatch, *_) = system.dispatch()
    with engine.connect() as session:
        outages.set_probe(session, Platform.THREADS, dispatch.publication_id)
    system.work([dispatch])
    sense(engine)


def test_a_probe_that_fails_lengthens_the_pause_and_one_that_succeeds_ends_it(
    system: System, engine: Engine, connection: psycopg.Connection
):
    made = posts_of_users(system, connection, 3)
    break_down(system)
    system.step()
    sense(engine)
    probe(system, engine, connection)
    assert is_out(connection)
    assert value(connection, "SELECT streak FROM platform_pauses") == 2
    left = value(connection, "SELECT paused_until - clock_timestamp() FROM platform_pauses")
    assert 20 < left.total_seconds() <= 30
    system.mend()
    connection.execute(
        "UPDATE post_publications SET dispatched_at = NULL, next_attempt_at = now()"
        " WHERE dispatched_at IS NOT NULL"
    )
    probe(system, engine, connection)
    assert not is_out(connection)
    sense(engine)
    assert not is_out(connection), "what was seen before the end counts no more"
    connection.execute(
        "UPDATE post_publications SET dispatched_at = NULL, next_attempt_at = now()"
        " WHERE dispatched_at IS NOT NULL"
    )
    system.step()
    statuses = {row_of(connection, "post_publications", post.only).status for _, post in made}
    assert statuses == {"published"}


def test_a_probe_without_anything_to_send_is_given_back(
    engine: Engine, dispatcher: Dispatcher, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO platform_pauses (platform, paused_until, reason, opened_at)"
        " VALUES ('threads', now(), 'an outage', now())"
    )
    dispatcher.run_once(0.0)
    assert value(connection, "SELECT probe_until FROM platform_pauses") is None
