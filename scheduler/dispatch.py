"""From due rows to messages: release, dispatch, ring. The claim is committed before the message is
sent; a message that does not get through is taken back."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Final
from uuid import UUID

import structlog

from db import dispatching, outages
from db.dispatching import LATE_SPACING, Raced, Released
from db.engine import Connection, DatabaseUnreachable, Engine
from domain.content import Platform
from domain.messages import Dispatch
from runtime import clock
from runtime.broker import BrokerUnreachable, DoorbellBroker
from scheduler.rooms import Rooms

BATCH: Final = 500
BATCHES_A_PASS: Final = 4
LONGEST_SLEEP: Final = 0.25
REFILL_AFTER: Final = 0.2
AFTER_FAULT: Final = 1.0
SWEEP_EVERY: Final = 30.0
# How often to look whether something waits, and for posts that were committed after their time: by
# no more than the margin, else the sweep finds them. Both read all that an old transaction keeps.
LOOK_EVERY: Final = 1.0
MARGIN: Final = timedelta(seconds=60)
# Who comes second to a due post comes so much later to the next one, and leaves it to the first.
STAND_BACK: Final = 0.003

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did, and how many seconds may go by before the next."""

    released: int
    dispatched: int
    sleep: float


@dataclass(slots=True)
class Dispatcher:
    """The scheduler's loop. Any number of them work side by side; none leads."""

    engine: Engine
    broker: DoorbellBroker
    late_window: timedelta
    late_spacing: timedelta = LATE_SPACING
    _rooms: Rooms = field(default_factory=Rooms)
    _taken_until: datetime | None = None
    _swept_at: float = -inf
    _looked_at: float = -inf
    _waits: bool = True
    _outage: bool = True
    _due: float = inf
    _behind: float = 0.0

    def run(self, stop: threading.Event) -> None:
        """Pass after pass until ``stop`` is set; waits for a database or broker that is away."""
        while not stop.is_set():
            try:
                sleep = self.run_once(clock.monotonic()).sleep
            except (*DatabaseUnreachable, BrokerUnreachable) as fault:
                log.warning("scheduler.waits", error=type(fault).__name__)
                sleep = AFTER_FAULT
            clock.pause(sleep, stop)

    def run_once(self, now: float) -> Pass:
        """One pass at ``now`` (monotonic seconds), or a single look when nothing is due.
        Raises `BrokerUnreachable`, with nothing left in flight, when the messages cannot be
        sent."""
        with self.engine.connect() as connection:
            if self._expects_nothing(now):
                until = self._until_next_due(connection, now)
                if until > 0 and not self._waits:
                    return Pass(0, 0, self._sleep(now, until, released=0))
            self._rooms.look(now, self.broker)
            before = self._dispatch_beside_outages(connection) if self._waits else 0
            released, dispatched, full = self._release(connection, now)
            self._waits = self._waits or released > dispatched
            if full or before or released > dispatched:
                return Pass(released, before + dispatched, 0.0)
            until = self._until_next_due(connection, now)
            return Pass(released, before + dispatched, self._sleep(now, until, released))

    def _expects_nothing(self, now: float) -> bool:
        """Whether it is cheaper to look before a pass, since it may well find nothing."""
        second = self._behind > 0
        return not self._waits and not self._must_sweep(now) and (second or now < self._due)

    def _sleep(self, now: float, until: float, released: int) -> float:
        """Until the next post is due, or a little longer after one that another scheduler took."""
        longest = REFILL_AFTER if self._rooms.full() else LONGEST_SLEEP
        if released:
            self._behind = 0.0
        elif now >= self._due and until > STAND_BACK:
            self._behind = STAND_BACK
        self._due = now + until if until < longest else inf
        return min(until + self._behind, longest)

    def _release(self, connection: Connection, now: float) -> tuple[int, int, bool]:
        """How many publications were released, and dispatched, and whether more are due already."""
        low_water = self._taken_until and self._taken_until - MARGIN
        if self._must_sweep(now):
            self._swept_at, low_water = now, None
        released, dispatched, crowding = 0, 0, set[UUID]()
        for _ in range(BATCHES_A_PASS):
            done = self._release_batch(connection, low_water, crowding)
            self._ring(connection, done.dispatches)
            released += done.publications
            dispatched += len(done.dispatches)
            if not crowding:
                self._taken_until = done.taken_until
            if done.posts < BATCH:
                return released, dispatched, bool(crowding)
            crowding.update(done.crowding)
        return released, dispatched, True

    def _release_batch(
        self, connection: Connection, low_water: datetime | None, crowding: Collection[UUID]
    ) -> Released:
        release = partial(
            dispatching.release,
            connection,
            batch=BATCH,
            low_water=low_water,
            late_window=self.late_window,
            crowding=crowding,
        )
        try:
            return release(rooms=self._rooms.left())
        except Raced:
            return release()

    def _must_sweep(self, now: float) -> bool:
        return now - self._swept_at >= SWEEP_EVERY

    def _dispatch_beside_outages(self, connection: Connection) -> int:
        """Nothing goes to a platform that is out, but for one publication now and then."""
        rooms = self._rooms.left()
        out = outages.claim_probes(connection) if self._outage else {}
        limits = {platform: min(rooms[platform], int(mine)) for platform, mine in out.items()}
        dispatches = self._dispatch(connection, {**rooms, **limits})
        for platform in (platform for platform, mine in out.items() if mine):
            sent = (found.publication_id for found in dispatches if found.platform is platform)
            outages.set_probe(connection, platform, next(sent, None))
        return len(dispatches)

    def _dispatch(
        self, connection: Connection, rooms: Mapping[Platform, int]
    ) -> Sequence[Dispatch]:
        if not any(rooms.values()):
            return []
        try:
            dispatches = dispatching.dispatch(connection, rooms, spacing=self.late_spacing)
        except Raced:
            return []
        self._ring(connection, dispatches)
        return dispatches

    def _ring(self, connection: Connection, dispatches: Sequence[Dispatch]) -> None:
        if not dispatches:
            return
        try:
            self.broker.ring(dispatches)
        except BrokerUnreachable:
            dispatching.recall(connection, dispatches)
            raise
        self._rooms.take(dispatches)

    def _until_next_due(self, connection: Connection, now: float) -> float:
        """How long to wait for the next due post; now and then, also whether anything waits."""
        after = self._taken_until
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._waits, self._outage = dispatching.waiting(connection)
            after = after and after - MARGIN
        seconds = dispatching.next_due(connection, after=after)
        return LONGEST_SLEEP if seconds is None else min(max(seconds, 0.0), LONGEST_SLEEP)
