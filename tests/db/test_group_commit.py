"""Group commit: who waits goes together, and no member harms another."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.engine import Connection, DatabaseUnreachable, Engine
from db.group_commit import Group
from dev import stage
from tests.waiting import eventually

BAD = UUID(int=0)
SQUARE = "SELECT item, 1 / (item <> :bad)::int FROM unnest(CAST(:items AS uuid[])) AS of (item)"
# Twice ten greenlets that are ready at once; no statement is sent, so that nothing else takes time.
GREENLETS = """
from gevent import monkey, spawn, joinall
monkey.patch_all()
import time
from unittest.mock import MagicMock
from uuid import uuid4
from db.group_commit import PACE_SECONDS, Group
batches = []
def together(connection, items):
    batches.append(len(items))
    return {item: None for item in items}
group = Group(MagicMock(), lambda item: item, together, MagicMock())
began = time.monotonic()
for _ in range(2):
    joinall([spawn(group.write, uuid4()) for _ in range(10)], raise_error=True)
print(batches, time.monotonic() - began >= PACE_SECONDS)
"""


class Desk:
    """A group whose first statement waits until it is let go, and what it was asked for."""

    def __init__(self, engine: Engine) -> None:
        self.batches: list[Sequence[UUID]] = []
        self.alone: list[UUID] = []
        self.statement = SQUARE
        self.open = threading.Event()
        self.group = Group(engine, lambda item: item, self._together, self._alone)
        self.pool = ThreadPoolExecutor(20)

    def _together(self, connection: Connection, items: Sequence[UUID]) -> Mapping[UUID, int]:
        self.batches.append(items)
        assert self.open.wait(10)
        rows = connection.execute(text(self.statement), {"items": list(items), "bad": BAD})
        return {row[0]: row[1] for row in rows}

    def _alone(self, connection: Connection, item: UUID) -> int:
        self.alone.append(item)
        rows = connection.execute(text(SQUARE), {"items": [item], "bad": BAD})
        return int(rows.one()[1])

    def write(self, items: Sequence[UUID]) -> list[Future[int]]:
        """One write is under way, then all the others come while it waits."""
        first = self.pool.submit(self.group.write, items[0])
        eventually(lambda: len(self.batches) == 1)
        rest = [self.pool.submit(self.group.write, item) for item in items[1:]]
        eventually(lambda: len(self.group._waiting) == len(items) - 1)
        self.open.set()
        return [first, *rest]


@pytest.fixture
def desk(engine: Engine):
    made = Desk(engine)
    yield made
    made.pool.shutdown()
    made.group.close()


def test_who_is_alone_writes_at_once(desk: Desk):
    desk.open.set()
    assert [desk.group.write(uuid4()) for _ in range(3)] == [1, 1, 1]
    assert [len(batch) for batch in desk.batches] == [1, 1, 1]


def test_all_who_come_during_a_write_go_together_in_the_next(desk: Desk):
    done = desk.write([uuid4() for _ in range(15)])
    assert [future.result(10) for future in done] == [1] * 15
    assert [len(batch) for batch in desk.batches] == [1, 14]


def test_a_member_that_the_database_refuses_harms_itself_only(desk: Desk):
    done = desk.write([uuid4(), uuid4(), BAD, uuid4()])
    with pytest.raises(DBAPIError, match="division by zero"):
        done.pop(2).result(10)
    assert [future.result(10) for future in done] == [1, 1, 1]
    assert len(desk.alone) == 3


def test_a_connection_that_breaks_is_told_to_every_member_and_the_next_write_has_another(
    desk: Desk,
):
    desk.statement = f"{SQUARE} WHERE pg_terminate_backend(pg_backend_pid())"
    for future in desk.write([uuid4() for _ in range(5)]):
        with pytest.raises(DatabaseUnreachable):
            future.result(10)
    assert desk.alone == []
    desk.statement = SQUARE
    assert desk.group.write(uuid4()) == 1


def test_a_connection_that_was_ended_while_nobody_wrote_is_replaced_unseen(
    desk: Desk, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    desk.open.set()
    desk.group.write(uuid4())
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    now = time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: now() + 60)
    assert desk.group.write(uuid4()) == 1


def test_a_member_that_was_left_out_asks_again_alone(desk: Desk):
    desk.statement = f"{SQUARE} LIMIT 1"
    done = desk.write([uuid4() for _ in range(4)])
    assert [future.result(10) for future in done] == [1] * 4
    assert len(desk.alone) == 2


def test_members_outlive_one_who_should_have_led_and_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("db.group_commit.PATIENCE_SECONDS", 0.2)
    desk.open.set()
    desk.group._led = True
    assert desk.group.write(uuid4()) == 1
    assert desk.group.write(uuid4()) == 1
    assert len(desk.batches) == 2


def test_greenlets_that_are_ready_at_once_go_together_and_the_next_of_them_a_moment_later():
    run = [sys.executable, "-c", GREENLETS]
    told = subprocess.run(run, cwd=stage.ROOT, capture_output=True, check=True, text=True).stdout
    assert told == "[10, 10] True\n"
