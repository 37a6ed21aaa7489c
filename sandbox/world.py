"""Everything the simulated platforms know and have been told, in memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final

from sandbox.accounts import Accounts
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.figures import Growth
from sandbox.ledger import Ledger
from sandbox.limits import Windows
from sandbox.pull import ANSWER_WITHIN, Puller
from sandbox.work import Work

CALLS_KEPT: Final = 10_000


@dataclass(slots=True)
class Settings:
    """What tests set; ``processing_looks`` and ``processing_seconds`` hold for every platform."""

    latency: float = 0.0
    processing_looks: int = 1
    processing_seconds: float = 0.0
    #: TikTok: seconds between the end of processing and the id of the public post.
    moderation_seconds: float = 0.0
    #: Seconds until a new post is in the lists.
    listing_seconds: float = 0.0
    #: The secret that every appsecret_proof must be made with; None: none is asked for.
    app_secret: str | None = None


@dataclass(slots=True)
class World:
    clock: Clock = field(default_factory=Clock)
    settings: Settings = field(default_factory=Settings)
    accounts: Accounts = field(default_factory=Accounts)
    ledger: Ledger = field(default_factory=Ledger)
    works: dict[str, Work] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    windows: Windows = field(default_factory=Windows)
    growth: Growth = field(default_factory=Growth)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    puller: Puller = field(default_factory=Puller)

    def number(self, prefix: int = 18) -> str:
        """A new id, of digits as the platforms' are."""
        return f"{prefix}{next(self.numbers):015d}"

    def reset(self) -> None:
        """Forget all but the client that fetches."""
        self.puller.within = ANSWER_WITHIN
        fresh = World(puller=self.puller)
        for known in fields(self):
            setattr(self, known.name, getattr(fresh, known.name))
