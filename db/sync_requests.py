"""Figures that somebody asks for: what lacks a snapshot of the bucket becomes due at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from db.engine import transaction
from db.refusals import Refused
from db.statements import statement
from domain.analytics import AnalyticsPeriod, bucket

BATCH: Final = 5000
LOCK_NAME: Final = "publishing sync-analytics"

_REQUEST: Final = statement("request_syncs")
_PENDING: Final = statement("pending_requests")
_KNOWN: Final = {
    "account": text("SELECT true FROM social_accounts WHERE id = :id"),
    "post": text("SELECT true FROM posts WHERE id = :id"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Every open series that fits: of ``account``, of ``post``, published ``since``."""

    period: AnalyticsPeriod
    account: UUID | None = None
    post: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How many publications fit, and how many of them are read now; the others have a snapshot of
    this bucket."""

    fitting: int
    asked: int


@dataclass(frozen=True, slots=True)
class Pending:
    """How many publications are still asked for, and how many of these wait for a limit or for a
    person; ``message`` says what for."""

    pending: int
    held_up: int
    message: str | None


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """Keep every other request out until the block ends; use the connection twice a minute, or the
    server takes it for forgotten. Raises `Refused` when another request is under way. The lock
    is the transaction's, so that it works behind a pooler and ends with its process."""
    with transaction(engine) as connection:
        free = connection.execute(
            text("SELECT pg_try_advisory_xact_lock(hashtext(:name))"), {"name": LOCK_NAME}
        ).scalar_one()
        if not free:
            raise Refused("sync-analytics", "another one is under way", "nothing was asked for")
        yield connection


def ask(engine: Engine, lock: Connection, wanted: Wanted) -> Asked:
    """Ask for all of it, a batch at a time. Raises `Refused` for an account or post that there is
    not."""
    with engine.connect() as connection:
        _check(connection, wanted)
        now = connection.execute(text("SELECT now()")).scalar_one()
        values = {
            "period": wanted.period,
            "bucket": bucket(wanted.period, now),
            "account": wanted.account,
            "post": wanted.post,
            "since": wanted.since,
            "batch": BATCH,
        }
        fitting, asked, after = 0, 0, UUID(int=0)
        while True:
            row = connection.execute(_REQUEST, {**values, "after": after}).one()
            fitting, asked = fitting + row.looked_at, asked + row.asked
            if row.looked_at < BATCH:
                return Asked(fitting, asked)
            after = UUID(row.last)
            lock.execute(text("SELECT 1"))


def pending(lock: Connection) -> Pending:
    """How far the workers have come with what was asked for."""
    row = lock.execute(_PENDING).one()
    return Pending(row.pending, row.held_up, row.message)


def _check(connection: Connection, wanted: Wanted) -> None:
    for field, asked_for in (("account", wanted.account), ("post", wanted.post)):
        if (
            asked_for is not None
            and not connection.execute(_KNOWN[field], {"id": asked_for}).scalar_one_or_none()
        ):
            raise Refused(field, f"there is none with the id {asked_for}")
