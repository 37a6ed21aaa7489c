"""Finds what got lost between row and platform, within seconds, and puts it on its way again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

import structlog

from db import dispatching
from db.engine import Engine
from domain.messages import Dispatch
from domain.verdicts import SETTLE_AFTER
from runtime.broker import DoorbellBroker

SILENCE: Final = timedelta(seconds=2)
HOPELESS: Final = timedelta(minutes=5)
CRASHES: Final = 5
BATCH: Final = 1000

Causes: TypeAlias = Mapping[str, int]

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reaped:
    """How many dispatches were sent again and how many leases had run out, each by cause."""

    dispatches: Causes
    leases: Causes


@dataclass(frozen=True, slots=True)
class Reaper:
    """Safe to run anywhere, any number of times. A run takes back at most 1,000 of each sort."""

    engine: Engine
    broker: DoorbellBroker

    def run_once(self) -> Reaped:
        """Take back expired leases and lost dispatches. Raises `BrokerUnreachable` after the
        leases, when the broker cannot be asked."""
        with self.engine.connect() as connection:
            leases = dispatching.reap_leases(
                connection, settle_after=SETTLE_AFTER[0], crashes=CRASHES, batch=BATCH
            )
        self._tell(leases)
        dispatches = self._lost()
        self._tell(dispatches)
        return Reaped(dispatches, leases)

    def _lost(self) -> Causes:
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
        return self._recalled({"message lost": lost, "message stuck": stuck})

    def _recalled(self, causes: Mapping[str, list[Dispatch]]) -> Causes:
        with self.engine.connect() as connection:
            counts = {
                cause: dispatching.recall(connection, dispatches)
                for cause, dispatches in causes.items()
                if dispatches
            }
        return {cause: count for cause, count in counts.items() if count}

    def _tell(self, causes: Causes) -> None:
        if causes:
            log.warning("reaper.found", **{key.replace(" ", "_"): n for key, n in causes.items()})
            with self.engine.connect() as connection:
                dispatching.count_reaped(connection, causes)
