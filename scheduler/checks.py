"""Sends workers to look whether what was published is really there, when there is time for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from db import checks
from db.engine import Engine
from domain.content import Platform
from domain.messages import CHECK_QUEUE
from runtime.broker import DoorbellBroker

ACCOUNTS: Final = 200
BUSY: Final = 100


@dataclass(frozen=True, slots=True)
class CheckTick:
    """Safe to run anywhere, any number of times: who looks at what is decided by the row.
    ``broker`` knows the publish queues, ``bells`` the queue of checks."""

    engine: Engine
    broker: DoorbellBroker
    bells: DoorbellBroker

    def run_once(self) -> int:
        """Ring for accounts that have posts to look for; how many. Publishing goes first: a
        platform with much to publish is left alone, and nothing is rung for while earlier bells
        have not been answered. Raises `BrokerUnreachable`."""
        if self.bells.depths()[CHECK_QUEUE]:
            return 0
        depths = self.broker.depths()
        calm = [platform for platform in Platform if depths[f"publish-{platform}"] < BUSY]
        with self.engine.connect() as connection:
            due = checks.due(connection, calm, accounts=ACCOUNTS)
            checks.put_off(connection)
        self.bells.ring(due)
        return len(due)
