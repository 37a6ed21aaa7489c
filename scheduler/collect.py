"""From due readings to messages for the analytics workers, and back again what got lost: the same
way as publishing, on queues of its own, and with no more room than a few runs a platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from db import syncs
from db.engine import Engine
from domain.cadence import FIRST_AFTER
from domain.content import Platform
from domain.messages import SyncDispatch
from runtime.broker import BrokerUnreachable, DoorbellBroker

QUEUE_ROOM: Final = 50
BATCH: Final = 1000
# What was published is taken in well before its first reading, but not while the burst that it was
# part of goes on.
REST: Final = timedelta(minutes=5)
SILENCE: Final = timedelta(seconds=10)

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Collected:
    """What one tick did: publications taken in, accounts dispatched, runs found lost."""

    enrolled: int
    dispatched: int
    lost: int


@dataclass(frozen=True, slots=True)
class Collection:
    """Safe to run anywhere, any number of times. ``broker`` knows the analytics queues."""

    engine: Engine
    broker: DoorbellBroker

    def run_once(self) -> Collected:
        """One tick. Raises `BrokerUnreachable`, with nothing left in flight, when the messages
        cannot be sent."""
        with self.engine.connect() as connection:
            enrolled = syncs.enrol(connection, rest=REST, first_after=FIRST_AFTER, batch=BATCH)
            lost = syncs.reap(connection)
        lost += self._lost()
        if lost:
            log.warning("collection.found", lost=lost)
        return Collected(enrolled, self._dispatch(), lost)

    def _dispatch(self) -> int:
        depths = self.broker.depths()
        rooms = {
            platform: max(0, QUEUE_ROOM - depths[f"analytics-{platform}"]) for platform in Platform
        }
        with self.engine.connect() as connection:
            dispatches = syncs.dispatch(connection, rooms)
        if dispatches:
            self._ring(dispatches)
        return len(dispatches)

    def _ring(self, dispatches: Sequence[SyncDispatch]) -> None:
        try:
            self.broker.ring(dispatches)
        except BrokerUnreachable:
            with self.engine.connect() as connection:
                syncs.recall(connection, dispatches)
            raise

    def _lost(self) -> int:
        """Dispatches whose message the broker does not have any more."""
        with self.engine.connect() as connection:
            found = syncs.unheard(connection, silence=SILENCE, batch=BATCH)
        held = self.broker.holds(found)
        lost = [dispatch for dispatch, has in zip(found, held, strict=True) if not has]
        with self.engine.connect() as connection:
            return syncs.recall(connection, lost)
