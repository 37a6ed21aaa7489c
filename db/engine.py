"""Connections: a bounded pool, short waits, and nothing that a transaction pooler would break."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

__all__ = [
    "Connection",
    "DatabaseUnreachable",
    "Engine",
    "make_engine",
    "patient_transaction",
    "transaction",
]

POOL_SIZE: Final = 20
POOL_WAIT_SECONDS: Final = 2
PREPARE_AFTER: Final = 5
CONNECT_SECONDS: Final = 2
ANSWER_SECONDS: Final = 12.0  # a little longer than the server's own limit on a statement
# A connection that has answered just now is not asked first whether it still does.
LOOK_AFTER_SECONDS: Final = 1.0

R = TypeVar("R")

# What a caller may wait out: no server, a lost connection, no free connection, a lock timeout, a
# deadlock. Each leaves nothing half done.
DatabaseUnreachable: Final = (OperationalError, InterfaceError, PoolTimeout)

# Plain session settings, one statement at connect. Behind a transaction pooler they belong to the
# login role instead (docs/operations.md), since a session is not one client's there.
_LIMITS: Final = (
    "SELECT set_config('idle_session_timeout', '30s', false),"
    " set_config('idle_in_transaction_session_timeout', '30s', false),"
    " set_config('statement_timeout', '10s', false),"
    " set_config('lock_timeout', '4s', false), pg_backend_pid()"
)


class BoundedConnection(psycopg.Connection[Any]):
    """Waits no longer than ``patience`` seconds for any answer: a network that swallows packets
    breaks no connection, and the server's own limits do not reach through it."""

    patience = ANSWER_SECONDS
    answered_at = -inf

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """Raises `psycopg.OperationalError`, with the connection closed, when no answer came."""
        try:
            answer = super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  the only name it has
            self.close()
            raise psycopg.OperationalError("the server did not answer in time") from None
        self.answered_at = time.monotonic()
        return answer


def make_engine(database_url: str, *, application_name: str, by_key: bool = False) -> Engine:
    """An engine whose connections commit each statement by itself; see `transaction`. At most 20
    connections a process, idle ones ended by the server after 30 seconds. Connects when used.
    ``by_key``: its statements find their rows by key, so that one plan of each serves whatever its
    parameters; else the server plans anew whenever a batch is small."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,  # it would send nothing, and look like an answer
        json_deserializer=_from_json,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "prepare_threshold": None,
            "application_name": application_name,
        },
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", partial(_set_limits, by_key=by_key))
    event.listen(engine, "checkout", _look_over)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with (
        engine.connect().execution_options(isolation_level="READ COMMITTED") as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def patient_transaction(engine: Engine, seconds: int) -> Iterator[Connection]:
    """A transaction for upkeep: each of its statements may take so long, with as long a pause
    between two; it waits for locks half a second only, so that nobody queues behind it."""
    limits = {"statement_timeout": f"{seconds}s", "lock_timeout": "500ms"}
    limits["idle_in_transaction_session_timeout"] = f"{seconds}s"
    with transaction(engine) as connection:
        for name, limit in limits.items():
            connection.execute(
                text("SELECT set_config(:name, :limit, true)"), {"name": name, "limit": limit}
            )
        raw: Any = connection.connection.driver_connection
        raw.patience = seconds + ANSWER_SECONDS
        try:
            yield connection
        finally:
            raw.patience = ANSWER_SECONDS


def _from_json(data: bytes) -> Any:
    """Most of the objects and lists that are stored are empty."""
    if data == b"{}":
        return {}
    if data == b"[]":
        return []
    return json.loads(data)


def _connect(_dialect: object, _record: object, args: Any, values: Any) -> BoundedConnection:
    return BoundedConnection.connect(*args, **values)


def _set_limits(connection: Any, _record: object, *, by_key: bool) -> None:
    """Also prepares what is executed often, which spares a third of the server's work, unless a
    pooler is in between: it gives another process id than that of the server that answers."""
    was = connection.autocommit
    connection.autocommit = True
    (*_, serving) = connection.execute(_LIMITS).fetchone()
    if serving == connection.info.backend_pid:
        connection.prepare_threshold = PREPARE_AFTER
        if by_key:
            connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.autocommit = was


def _look_over(connection: Any, _record: object, _proxy: object) -> None:
    """The pool replaces a connection that does not answer."""
    if time.monotonic() - connection.answered_at < LOOK_AFTER_SECONDS:
        return
    try:
        connection.execute("")
    except psycopg.Error:
        raise DisconnectionError from None
