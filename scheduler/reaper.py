"""Finds what got lost between row and platform, within seconds, and puts it on its way again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from db import dispatching
from db.engine import Engine
from domain.verdicts import SETTLE_AFTER
from runtime.broker import DoorbellBroker

SILENCE: Final = timedelta(seconds=2)
HOPELESS: Final = timedelta(minutes=5)
CRASHES: Final = 5
BATCH: Final = 5000

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reaped:
    """How many dispatches the broker had lost, and how many leases had run out."""

    dispatches: int
    leases: int


@dataclass(frozen=True, slots=True)
class Reaper:
    """Safe to run anywhere, any number of times."""

    engine: Engine
    broker: DoorbellBroker

    def run_once(self) -> Reaped:
        """Take back expired leases and lost dispatches. Raises `BrokerUnreachable` after the
        leases, when the broker cannot be asked."""
        with self.engine.connect() as connection:
            leases = dispatching.reap_leases(
                connection, settle_after=SETTLE_AFTER[0], crashes=CRASHES, batch=BATCH
            )
        reaped = Reaped(self._lost(), len(leases))
        if reaped.dispatches or reaped.leases:
            log.warning("reaper.found", dispatches=reaped.dispatches, leases=reaped.leases)
        return reaped

    def _lost(self) -> int:
        with self.engine.connect() as connection:
            found = dispatching.unheard(connection, silence=SILENCE, hopeless=HOPELESS, batch=BATCH)
        held = self.broker.holds([dispatch for dispatch, _ in found])
        stuck = [
            dispatch
            for (dispatch, hopeless), has in zip(found, held, strict=True)
            if hopeless and has
        ]
        self.broker.forget(stuck)
        lost = [dispatch for (dispatch, _), has in zip(found, held, strict=True) if not has]
        with self.engine.connect() as connection:
            return dispatching.recall(connection, [*lost, *stuck])
