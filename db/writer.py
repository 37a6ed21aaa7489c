"""What a worker writes: lease, announcement, outcome. What every publication needs goes through
group commit; what is rare goes alone."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID, uuid4

from db import budgets, leases, outcomes
from db.engine import Engine
from db.group_commit import Group
from db.leases import Ask, Held, Intent
from db.outcomes import Evidence, Success, Toll, Waiting
from domain.content import JsonObject, Platform
from domain.failures import FailureKind


class Writer:
    """One a process, used by all its threads. Every method returns when its write is committed,
    and raises `DatabaseUnreachable` when that cannot be told; all but `take` and `hand_back` raise
    `LeaseLost`, with nothing written, when the publication is no longer held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._takes = Group(engine, attrgetter("token"), leases.take_all, leases.take)
        of_held = attrgetter("held.token")
        self._intents = Group(engine, of_held, leases.announce_all, leases.announce)
        self._successes = Group(engine, of_held, outcomes.published_all, outcomes.published)

    def close(self) -> None:
        """Give the connections back, once nobody writes any more."""
        self._takes.close()
        self._intents.close()
        self._successes.close()

    def take(self, publication_id: UUID, number: int) -> Held | None:
        """Take the lease for dispatch ``number``; None when that dispatch is void."""
        row = self._takes.write(Ask(publication_id, number, uuid4()))
        return None if row is None else leases.held_from(row)

    def announce(self, held: Held, checkpoint: JsonObject) -> None:
        """Commit the intent of the publishing call; refused too when the post was edited."""
        self._intents.write(Intent(held, checkpoint))

    def store(self, held: Held, checkpoint: JsonObject) -> None:
        """How far a long preparation has come; refused too when the post was edited."""
        with self._engine.connect() as connection:
            leases.store(connection, held, checkpoint)

    def published(self, success: Success) -> None:
        """The platform named the post."""
        self._successes.write(success)

    def waiting(self, held: Held, evidence: Evidence, wait: Waiting, toll: Toll) -> None:
        """It goes again later."""
        with self._engine.connect() as connection:
            outcomes.waiting(connection, held, evidence, wait, toll)

    def failed(self, held: Held, evidence: Evidence, kind: FailureKind, toll: Toll) -> None:
        """It will not go out by itself."""
        with self._engine.connect() as connection:
            outcomes.failed(connection, held, evidence, kind, toll)

    def close_platform(self, platform: Platform, until: datetime) -> None:
        """The application has used up what the platform allows it."""
        with self._engine.connect() as connection:
            reason = "the platform says that the application's limit is used up"
            budgets.close_platform(connection, platform, until, reason)

    def hand_back(self, held: Held) -> bool:
        """Let it be dispatched again at once; False when it is no longer held."""
        with self._engine.connect() as connection:
            return leases.hand_back(connection, held)
