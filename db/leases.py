"""A worker's hold on one publication: taken once, kept by heartbeat, fenced by its token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from db.arrays import array
from db.connected import Connected
from db.contents import content_of
from db.statements import driven, patient, statement
from domain.accounts import AccountHealth, AccountStatus
from domain.budgets import Budget, budget_of
from domain.content import NOTHING, Content, JsonObject, Platform

LEASE: Final = timedelta(seconds=20)

# Several at once never wait for a lock; one alone does, and its answer is final.
_TAKE_ALL: Final = driven(statement("take_lease"))
_TAKE: Final = driven(patient("take_lease"))
_ANNOUNCE_ALL: Final = driven(statement("announce"))
_ANNOUNCE: Final = driven(patient("announce"))
_STORE: Final = statement("store_checkpoint")
_KEEP: Final = statement("keep_leases")
_HAND_BACK: Final = statement("hand_back")


class LeaseLost(Exception):
    """The publication is no longer this worker's: nothing more may be done or written."""


@dataclass(frozen=True, slots=True)
class AccountRow(Connected):
    """The account to publish to."""

    status: AccountStatus
    status_reason: str | None
    health: AccountHealth
    setbacks: int
    budget: Budget


@dataclass(frozen=True, slots=True)
class Held:
    """A publication under lease, with all that the work needs, as read at ``now``."""

    id: UUID
    token: UUID
    dispatch_number: int
    platform: Platform
    account: AccountRow
    content: Content
    revision: int
    checkpoint: JsonObject
    intent_at: datetime | None
    waiting_since: datetime | None
    scheduled_for: datetime
    give_up_at: datetime
    retry_count: int
    settle_count: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """The lease that is wanted: for dispatch ``number``, under a fresh ``token``."""

    id: UUID
    number: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Intent:
    """A publishing call that is about to leave, with what the flow goes on from."""

    held: Held
    checkpoint: JsonObject


def take(connection: Connection, ask: Ask) -> Any:
    """Take the lease; the row for `held_from`, or None when the dispatch is void."""
    return _take(connection, _TAKE, [ask]).get(ask.token)


def take_all(connection: Connection, asks: Sequence[Ask]) -> dict[UUID, Any]:
    """Take all these leases, by token. Missing: void, or locked just now; `take` knows."""
    return _take(connection, _TAKE_ALL, asks)


def announce(connection: Connection, intent: Intent) -> None:
    """Commit the intent. Raises `LeaseLost` when the lease has gone, or the post was edited or
    cancelled since it was read."""
    if not _announce(connection, _ANNOUNCE, [intent]):
        raise LeaseLost


def announce_all(connection: Connection, intents: Sequence[Intent]) -> dict[UUID, None]:
    """Commit all these intents, by token. Missing: lost or edited, or locked just now; `announce`
    knows."""
    return _announce(connection, _ANNOUNCE_ALL, intents)


def store(connection: Connection, held: Held, checkpoint: JsonObject) -> None:
    """Store how far a long preparation has come. Raises `LeaseLost`, as `announce` does."""
    if not connection.execute(_STORE, _stored(held, checkpoint)).all():
        raise LeaseLost


def checkpoint_json(held: Held, checkpoint: JsonObject) -> str:
    """A checkpoint as it is stored: with the revision of the post that it was made for."""
    return json.dumps({**checkpoint, "revision": held.revision} if checkpoint else {})


def keep(connection: Connection, tokens: Sequence[UUID]) -> set[UUID]:
    """Lengthen all these leases; returns those that still hold."""
    rows = connection.execute(_KEEP, {"tokens": list(tokens), "lease": LEASE})
    return {row.lease_token for row in rows}


def hand_back(connection: Connection, held: Held) -> bool:
    """Let it be dispatched again at once, from the beginning; False when it is no longer held."""
    return bool(connection.execute(_HAND_BACK, {"id": held.id, "token": held.token}).all())


def _stored(held: Held, checkpoint: JsonObject) -> dict[str, object]:
    return {
        "id": held.id,
        "token": held.token,
        "revision": held.revision,
        "lease": LEASE,
        "checkpoint": checkpoint_json(held, checkpoint),
    }


def _checkpoint(row: Any) -> JsonObject:
    """Without what was prepared for an earlier revision: the post may have been edited under a
    worker that then stored it, or was lost."""
    kept: JsonObject = row.checkpoint
    made_for = kept.get("revision", row.revision)
    return kept if row.intent_at is not None or made_for == row.revision else NOTHING


def _take(connection: Connection, what: str, asks: Sequence[Ask]) -> dict[UUID, Any]:
    values = {
        "ids": array(ask.id.hex for ask in asks),
        "numbers": array(ask.number for ask in asks),
        "tokens": array(ask.token.hex for ask in asks),
    }
    rows = connection.exec_driver_sql(what, {**values, "lease": LEASE})
    shape = _shape(tuple(rows.keys()))
    return {row.lease_token: row for row in map(shape, rows.all())}


@cache
def _shape(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Makes a row whose columns are read by name at a tenth of the cost of SQLAlchemy's."""
    columns = [(name, Any) for name in names]
    return NamedTuple("Taken", columns)._make


def _announce(connection: Connection, what: str, intents: Sequence[Intent]) -> dict[UUID, None]:
    values = {
        "ids": array(intent.held.id.hex for intent in intents),
        "tokens": array(intent.held.token.hex for intent in intents),
        "revisions": array(intent.held.revision for intent in intents),
        "checkpoints": array(checkpoint_json(one.held, one.checkpoint) for one in intents),
    }
    rows = connection.exec_driver_sql(what, {**values, "lease": LEASE})
    return dict.fromkeys(rows.scalars().all())


def held_from(row: Any) -> Held:
    """What `take` read of one publication."""
    platform = Platform(row.platform)
    return Held(
        id=row.id,
        token=row.lease_token,
        dispatch_number=row.dispatch_number,
        platform=platform,
        account=AccountRow(
            id=row.account_id,
            platform=platform,
            platform_user_id=row.platform_user_id,
            username=row.username,
            metadata=row.account_metadata,
            status=AccountStatus(row.account_status),
            status_reason=row.status_reason,
            access_token=row.access_token,
            token_expires_at=row.token_expires_at,
            token_stored_at=row.token_stored_at,
            now=row.now,
            health=AccountHealth(row.health),
            setbacks=row.setbacks,
            budget=budget_of(row.budget),
        ),
        content=content_of(row),
        revision=row.revision,
        checkpoint=_checkpoint(row),
        intent_at=row.intent_at,
        waiting_since=row.waiting_since,
        scheduled_for=row.scheduled_for,
        give_up_at=row.give_up_at,
        retry_count=row.retry_count,
        settle_count=row.settle_count,
        now=row.now,
    )
