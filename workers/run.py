"""One piece of work in hand: what is held, and how far it has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from db.leases import Held
from db.outcomes import Evidence, Phase
from db.writer import Writer
from domain.budgets import Cap
from domain.content import JsonObject
from domain.failures import Failure
from platforms.adapter import Account, Job
from platforms.driver import Spoken


@dataclass(slots=True)
class Run:
    """The journal of one flow: the driver announces and saves through it."""

    held: Held
    writer: Writer
    phase: Phase = "prepare"
    caps: Sequence[Cap] = ()
    spoken: Spoken = field(default_factory=Spoken)
    known: frozenset[str] = frozenset()
    checkpoint: JsonObject = field(init=False)
    started: float = field(init=False)
    token_stored_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.checkpoint = self.held.checkpoint
        self.started = time.monotonic()
        self.token_stored_at = self.held.account.token_stored_at

    @property
    def id(self) -> UUID:
        return self.held.id

    @property
    def now(self) -> datetime:
        """The database's clock, carried on from when the row was read."""
        return self.held.now + timedelta(seconds=time.monotonic() - self.started)

    @property
    def in_doubt(self) -> bool:
        """Whether a publishing call has left without a clear answer so far."""
        return self.phase != "prepare"

    def announce(self) -> None:
        """Commit the intent, and the checkpoint with it. Raises `LeaseLost`."""
        self.writer.announce(self.held, self.checkpoint)
        self.phase = "publish"

    def save(self, checkpoint: JsonObject, *, now: bool = False) -> None:
        """Keep it until the next announcement or wait. What a crash loses in between is only
        preparation, which can be done again; what would take long is stored ``now``. Raises
        `LeaseLost`."""
        self.checkpoint = checkpoint
        if now:
            self.writer.store(self.held, checkpoint)

    def job(self) -> Job:
        """What a flow starts from now."""
        account = self.held.account
        return Job(
            account=Account(account.platform_user_id, account.username, account.metadata),
            content=self.held.content,
            now=self.now,
            checkpoint=self.checkpoint,
            intent_at=self.held.intent_at,
            known=self.known,
        )

    def evidence(self, failure: Failure | None = None, message: str | None = None) -> Evidence:
        """What the ledger keeps: of the failure if there is one, else of the last answer."""
        if failure is None:
            return Evidence(self.phase, self.spoken.status, None, self.spoken.trace, message)
        return Evidence(
            self.phase,
            failure.status or self.spoken.status,
            failure.code,
            failure.trace or self.spoken.trace,
            failure.message,
        )
