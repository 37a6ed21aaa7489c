"""Finds the accounts that are due for upkeep, and rings for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from db import upkeep
from db.engine import Engine
from domain.messages import UPKEEP_QUEUE
from runtime.broker import DoorbellBroker

QUEUE_ROOM: Final = 200


@dataclass(frozen=True, slots=True)
class Caretaker:
    """Safe to run anywhere, any number of times."""

    engine: Engine
    broker: DoorbellBroker

    def run_once(self) -> int:
        """Ring for as many as the queue has room for, so that a crowd spreads by itself; how many
        there were. A message that is lost leaves its account due again in ten minutes. Raises
        `BrokerUnreachable`."""
        room = QUEUE_ROOM - self.broker.depths()[UPKEEP_QUEUE]
        if room <= 0:
            return 0
        with self.engine.connect() as connection:
            calls = upkeep.claim(connection, room=room)
        if calls:
            self.broker.ring(calls)
        return len(calls)
