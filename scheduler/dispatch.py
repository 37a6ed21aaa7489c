"""From due rows to messages: release, dispatch, ring. The claim is committed before the message is
sent; a message that does not get through is taken back."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from db import dispatching, outages
from db.dispatching import LATE_SPACING, Raced
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
    _rooms: Rooms = field(init=False)
    _low_water: datetime | None = None
    _swept_at: float = field(default=float("-inf"))
    _idle: bool = False
    _awaits: bool = False
    _behind: float = 0.0

    def __post_init__(self) -> None:
        self._rooms = Rooms(self.broker)

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
        """One pass at ``now`` (monotonic seconds); a single look after one that found nothing.
        Raises `BrokerUnreachable`, with nothing left in flight, when the messages cannot be
        sent."""
        with self.engine.connect() as connection:
            if self._idle and not self._must_sweep(now):
                self._until_next_due(connection)
                if self._idle:
                    return Pass(0, 0, LONGEST_SLEEP)
            rooms = self._rooms.at(now)
            released, full, outage = self._release(connection, now)
            dispatched = self._dispatch_beside_outages(connection, rooms, outage=outage)
            if full or dispatched > released:
                return Pass(released, dispatched, 0.0)
            longest = REFILL_AFTER if 0 in rooms.values() else LONGEST_SLEEP
            return Pass(released, dispatched, self._sleep(connection, released, longest))

    def _sleep(self, connection: Connection, released: int, longest: float) -> float:
        """Until the next post is due, or a little longer after one that another scheduler took."""
        until = self._until_next_due(connection)
        if released:
            self._behind = 0.0
        elif self._awaits and until > STAND_BACK:
            self._behind = STAND_BACK
        self._awaits = until < longest
        return min(until + self._behind, longest)

    def _release(self, connection: Connection, now: float) -> tuple[int, bool, bool]:
        """How many publications were released, whether more are due already, and whether a platform
        is out."""
        low_water = self._low_water
        if self._must_sweep(now):
            self._swept_at, low_water = now, None
        total, crowding = 0, set[UUID]()
        for _ in range(BATCHES_A_PASS):
            done = dispatching.release(
                connection,
                batch=BATCH,
                low_water=low_water,
                late_window=self.late_window,
                crowding=crowding,
            )
            total += done.publications
            if not crowding:
                self._raise_low_water(done.highest)
            if done.posts < BATCH:
                return total, bool(crowding), done.outage
            crowding.update(done.crowding)
        return total, True, done.outage

    def _must_sweep(self, now: float) -> bool:
        return now - self._swept_at >= SWEEP_EVERY

    def _raise_low_water(self, highest: datetime | None) -> None:
        if highest is not None:
            mark = highest - MARGIN
            self._low_water = max(mark, self._low_water or mark)

    def _dispatch_beside_outages(
        self, connection: Connection, rooms: Mapping[Platform, int], *, outage: bool
    ) -> int:
        """Nothing goes to a platform that is out, but for one publication now and then."""
        out = outages.claim_probes(connection) if outage else {}
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
        if dispatches:
            self._ring(connection, dispatches)
            self._rooms.take(dispatches)
        return dispatches

    def _ring(self, connection: Connection, dispatches: Sequence[Dispatch]) -> None:
        try:
            self.broker.ring(dispatches)
        except BrokerUnreachable:
            dispatching.recall(connection, dispatches)
            raise

    def _until_next_due(self, connection: Connection) -> float:
        """How long to wait for the next due post; notes whether there is nothing else either."""
        seconds, waits = dispatching.next_due(connection, low_water=self._low_water)
        until = LONGEST_SLEEP if seconds is None else min(max(seconds, 0.0), LONGEST_SLEEP)
        self._idle = until == LONGEST_SLEEP and not waits
        return until
