"""Group commit: writes of many threads in one statement and one commit.

Whoever comes first writes at once; whoever comes while a statement runs waits with the others, and
one of them then writes for all. So a thread that is alone waits for nobody, and the more threads
there are the fewer commits each costs. Whoever is to write first gives way, once, to the greenlets
that are ready to run: those that a batch has woken come one after another, and the first of them
would else write alone. Under load it waits for a few milliseconds more, since what a statement
costs is half its own and half its rows'. Durability is unchanged: a call returns when its own write
is committed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from db.engine import Connection, Engine

LARGEST: Final = 100
# A batch that follows a busy one comes no sooner than so after it, and is the larger for it.
BUSY: Final = 3
PACE_SECONDS: Final = 0.01
# Longer than the limits of a statement and of a connection allow a batch to take.
PATIENCE_SECONDS: Final = 30.0
# A connection that was used so long ago goes back to the pool, which looks whether it still is one.
KEPT_SECONDS: Final = 5.0

Q = TypeVar("Q")
A = TypeVar("A")


class _Seat(Generic[Q, A]):
    """One thread's place in the queue. Woken with an answer or an error, to lead, or, with none of
    them, to write alone."""

    def __init__(self, item: Q) -> None:
        self.item = item
        self.leads = False
        self.answers: list[A] = []
        self.error: Exception | None = None
        self._woken = threading.Lock()
        self._woken.acquire()

    def wait(self) -> bool:
        """False: nobody came; whoever should have led is gone."""
        return self._woken.acquire(timeout=PATIENCE_SECONDS)

    def wake(self) -> None:
        self._woken.release()


class Group(Generic[Q, A]):
    """Writes of one kind. ``together`` writes many and returns the answers of those it could write,
    by ``key``; ``alone`` writes one, waits for its locks, and its word is final."""

    def __init__(
        self,
        engine: Engine,
        key: Callable[[Q], UUID],
        together: Callable[[Connection, Sequence[Q]], Mapping[UUID, A]],
        alone: Callable[[Connection, Q], A],
    ) -> None:
        self._engine = engine
        self._key = key
        self._together = together
        self._alone = alone
        self._lock = threading.Lock()
        self._waiting: deque[_Seat[Q, A]] = deque()
        self._led = False
        self._size = 0
        self._ended = 0.0
        self._kept: Connection | None = None
        self._used = 0.0

    def write(self, item: Q) -> A:
        """Write it, with whatever else waits; returns when it is committed. Raises what ``alone``
        raises, and `DatabaseUnreachable` when the connection was lost, whether or not the write
        was committed."""
        seat: _Seat[Q, A] = _Seat(item)
        with self._lock:
            self._waiting.append(seat)
            seat.leads, self._led = not self._led, True
        if not seat.leads and not seat.wait():
            seat.leads = True
        if seat.leads:
            self._lead(seat)
        if seat.error is not None:
            raise seat.error
        if seat.answers:
            return seat.answers[0]
        with self._engine.connect() as connection:
            return self._alone(connection, item)

    def close(self) -> None:
        """Give the connection back, once nobody writes any more."""
        if self._kept is not None:
            self._kept.close()

    def _lead(self, leader: _Seat[Q, A]) -> None:
        """Write for all who wait, hand on the lead, and wake them."""
        time.sleep(self._pause())  # noqa: TID251  if only to give way to who is about to come
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
        try:
            self._write(batch)
        finally:
            self._size, self._ended = len(batch), time.monotonic()
            self._hand_on()
            for seat in batch:
                if seat is not leader:
                    seat.wake()

    def _pause(self) -> float:
        if self._size < BUSY:
            return 0.0
        return max(0.0, self._ended + PACE_SECONDS - time.monotonic())

    def _write(self, batch: Sequence[_Seat[Q, A]]) -> None:
        """A connection that breaks is everybody's error, since the write may be committed. After
        any other error everybody writes alone, so that whoever caused it has it for himself."""
        try:
            with self._connection() as connection:
                answers = self._together(connection, [seat.item for seat in batch])
        except Exception as fault:  # noqa: BLE001  each thread raises it, or finds its own
            if isinstance(fault, DBAPIError) and fault.connection_invalidated:
                for seat in batch:
                    seat.error = fault
            return
        for seat in batch:
            key = self._key(seat.item)
            if key in answers:
                seat.answers.append(answers[key])

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """The connection of the last batch, if that was just now; else one of the pool."""
        kept, self._kept = self._kept, None
        if kept is not None and time.monotonic() - self._used > KEPT_SECONDS:
            kept.close()
            kept = None
        connection = kept or self._engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._kept, self._used = connection, time.monotonic()

    def _hand_on(self) -> None:
        with self._lock:
            self._led = bool(self._waiting)
            following = self._waiting[0] if self._led else None
        if following is not None:
            following.leads = True
            following.wake()
