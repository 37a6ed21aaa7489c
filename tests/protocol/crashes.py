"""A worker that dies at a chosen moment, and the recovery of whatever it left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from sqlalchemy import event

from db.engine import Engine
from domain.messages import Dispatch
from tests.make import value
from tests.system import System

When = Literal["before", "after"]
PASSES = 60
OPEN = "SELECT count(*) FROM post_publications WHERE status = 'publishing'"


class Killed(BaseException):
    """The process is gone: no handler of the code under test may notice."""


@contextmanager
def killed_at(engine: Engine, statement: int, when: When) -> Iterator[list[str]]:
    """Die ``when`` (before or after) the so-many-th statement of the block, counted from 1: before
    it, nothing of it happened; after it, it is committed, and nothing that follows happens. The
    list holds the statements that were sent."""
    sent: list[str] = []

    def count(*call: object) -> None:
        sent.append(str(call[2]))
        if when == "before" and len(sent) == statement:
            raise Killed

    def look(*_call: object) -> None:
        if when == "after" and len(sent) == statement:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "after_cursor_execute", look)
    try:
        yield sent
    except Killed:
        pass
    finally:
        event.remove(engine, "before_cursor_execute", count)
        event.remove(engine, "after_cursor_execute", look)


def work_and_die(system: System, dispatch: Dispatch, statement: int, when: When) -> None:
    with killed_at(system.engine, statement, when):
        system.work([dispatch])


def expire_leases(session: psycopg.Connection) -> None:
    """As if every worker that holds one were gone for longer than a lease."""
    session.execute(
        "UPDATE post_publications SET lease_until = clock_timestamp() - interval '1 second'"
        " WHERE lease_token IS NOT NULL"
    )


def lose_messages(session: psycopg.Connection) -> None:
    """As the reaper does for dispatches that the broker does not hold any more."""
    session.execute(
        "UPDATE post_publications SET dispatched_at = NULL, next_attempt_at = clock_timestamp()"
        " WHERE dispatched_at IS NOT NULL AND lease_token IS NULL"
    )


def let_time_pass(session: psycopg.Connection) -> None:
    """Everything that waits may go now, and doubt is old enough for an absence to prove it."""
    session.execute(
        "UPDATE post_publications SET next_attempt_at = clock_timestamp(),"
        " intent_at = intent_at - interval '5 minutes'"
        " WHERE status = 'publishing' AND next_attempt_at IS NOT NULL"
    )
    session.execute("UPDATE social_accounts SET paused_until = NULL")
    session.execute("DELETE FROM platform_pauses")


def go_on(system: System, session: psycopg.Connection) -> None:
    """What a worker or the broker had is taken back, and its time comes again."""
    expire_leases(session)
    system.reap()
    lose_messages(session)
    let_time_pass(session)


def recover(system: System, session: psycopg.Connection) -> None:
    """Go on and work until nothing is open."""
    for _ in range(PASSES):
        go_on(system, session)
        if not system.step() and value(session, OPEN) == 0:
            return
    raise AssertionError(f"{value(session, OPEN)} publications are still open")
