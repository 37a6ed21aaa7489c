"""How far a long preparation has come outlives its worker, and never the post that it was for."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from db import leases, outcomes
from db.engine import Engine
from db.leases import LeaseLost
from db.outcomes import Toll, Waiting
from domain.accounts import AccountHealth
from domain.content import NOTHING, JsonObject, Platform
from domain.health import Condition
from tests.make import a_post, a_user, an_account
from tests.system import System

PROGRESS: JsonObject = {"parts": 6}


@pytest.fixture
def held(system: System, connection: psycopg.Connection):
    """A text post, held by a worker."""
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    a_post(connection, user, [account])
    (dispatch,) = system.dispatch()
    return system.take(dispatch)


def edit(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE posts SET content = 'better words'")


def taken_again(system: System, connection: psycopg.Connection):
    """What the next worker finds when the one before is gone."""
    connection.execute(
        "UPDATE post_publications SET lease_until = clock_timestamp() - interval '1 second'"
        " WHERE lease_until IS NOT NULL"
    )
    system.reap()
    connection.execute("UPDATE post_publications SET next_attempt_at = clock_timestamp()")
    (dispatch,) = system.dispatch()
    return system.take(dispatch)


def test_what_is_stored_at_once_outlives_the_worker(held, system, connection):
    system.run_of(held).save(PROGRESS, now=True)
    assert taken_again(system, connection).checkpoint["parts"] == 6


def test_what_waits_for_the_announcement_does_not(held, system, connection):
    system.run_of(held).save(PROGRESS, now=False)
    assert taken_again(system, connection).checkpoint == NOTHING


def test_storing_tells_when_the_post_was_edited(held, system, connection):
    edit(connection)
    with pytest.raises(LeaseLost):
        system.run_of(held).save(PROGRESS, now=True)


def test_storing_tells_when_the_lease_has_gone(held, system, connection):
    taken_again(system, connection)
    with pytest.raises(LeaseLost):
        system.run_of(held).save(PROGRESS, now=True)


def test_what_was_prepared_for_an_earlier_revision_is_not_used(held, system, connection):
    system.run_of(held).save(PROGRESS, now=True)
    edit(connection)
    assert taken_again(system, connection).checkpoint == NOTHING


def test_nor_is_what_was_put_to_wait_after_an_edit(held, system, connection, engine: Engine):
    edit(connection)
    wait = Waiting(held.now - timedelta(seconds=1), "waiting", PROGRESS)
    with engine.connect() as session:
        run, toll = system.run_of(held), Toll(Condition(AccountHealth.UNKNOWN, 0), held.now)
        outcomes.waiting(session, held, run.evidence(), wait, toll)
    (dispatch,) = system.dispatch()
    assert system.take(dispatch).checkpoint == NOTHING


def test_what_was_announced_is_kept_with_its_handle(held, system, connection, engine: Engine):
    with engine.connect() as session:
        leases.announce(session, leases.Intent(held, PROGRESS))
    assert taken_again(system, connection).checkpoint["parts"] == 6
