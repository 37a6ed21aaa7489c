"""A process that is told to end hands back what it has not announced, with nothing counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from domain.content import Platform
from domain.failures import Unavailable
from platforms.flow import Answer, Call, Request, Save, optional
from tests.make import a_post, a_user, an_account, ledger_of, row_of
from tests.system import System
from workers.interruption import Interrupted, interruptible


def after(steps: int) -> Callable[[], bool]:
    """True from the step after so many on."""
    asked = iter(range(1000))
    return lambda: next(asked) >= steps


def test_work_is_laid_down_before_the_announcement_and_taken_up_where_it_was(
    system: System, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.THREADS)
    system.know(account)
    for steps in range(4):
        post = a_post(connection, user, [account])
        stopping = replace(system.publisher, stopping=after(steps))
        (dispatch,) = system.dispatch()
        stopping.publish(dispatch.publication_id, dispatch.number)
        found = row_of(connection, "post_publications", post.only)
        assert (found.status, found.lease_token, found.intent_at) == ("publishing", None, None)
        assert (found.retry_count, found.crash_count) == (0, 0)
        assert found.next_attempt_at is not None
        assert ledger_of(connection, post.only) == []
        containers = len([c for c in system.calls(Platform.THREADS) if "threads 200" in c])
        system.step()
        assert row_of(connection, "post_publications", post.only).status == "published"
        if steps >= 2:
            again = len([c for c in system.calls(Platform.THREADS) if "threads 200" in c])
            assert again == containers, "what was prepared is used"
    assert len(system.accepted()) == 4


def test_what_is_announced_is_carried_to_its_end(system: System, connection: psycopg.Connection):
    user = a_user(connection)
    account = an_account(connection, user, Platform.THREADS)
    system.know(account)
    post = a_post(connection, user, [account])
    announced = "SELECT count(*) FROM publication_attempts WHERE event = 'intent'"

    def told_to_end() -> bool:
        row = connection.execute(announced).fetchone()
        return row is not None and row[0] > 0

    (dispatch,) = system.dispatch()
    replace(system.publisher, stopping=told_to_end).publish(
        dispatch.publication_id, dispatch.number
    )
    assert row_of(connection, "post_publications", post.only).status == "published"


def test_a_flow_that_is_never_interrupted_is_the_same_flow():
    def flow() -> Any:
        yield Save({"a": 1})
        refused = yield from optional(Request("GET", "/x"))
        return refused

    wrapped = interruptible(flow(), lambda: False)
    assert next(wrapped) == Save({"a": 1})
    assert isinstance(wrapped.send(None), Call)
    with pytest.raises(StopIteration) as end:
        wrapped.throw(Unavailable("down"))
    assert end.value.value is None
    cut = interruptible(flow(), after(1))
    next(cut)
    with pytest.raises(Interrupted):
        cut.send(Answer(200, {}, b""))
