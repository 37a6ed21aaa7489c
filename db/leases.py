"""A worker's hold on one publication: taken once, kept by heartbeat, fenced by its token."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from db.contents import content_of
from db.statements import statement
from domain.accounts import AccountHealth, AccountStatus
from domain.content import NOTHING, Content, JsonObject, Platform

LEASE: Final = timedelta(seconds=20)

_TAKE: Final = statement("take_lease")
_ANNOUNCE: Final = statement("announce")
_STORE: Final = statement("store_checkpoint")
_KEEP: Final = statement("keep_leases")
_HAND_BACK: Final = statement("hand_back")


class LeaseLost(Exception):
    """The publication is no longer this worker's: nothing more may be done or written."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The account to publish to. The tokens are sealed."""

    id: UUID
    platform_user_id: str
    username: str
    metadata: JsonObject
    status: AccountStatus
    status_reason: str | None
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    token_expires_at: datetime | None
    token_stored_at: datetime
    health: AccountHealth
    setbacks: int


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


def take(connection: Connection, publication_id: UUID, number: int, token: UUID) -> Held | None:
    """Take the lease for dispatch ``number``; None when that dispatch is void."""
    row = connection.execute(
        _TAKE, {"id": publication_id, "number": number, "token": token, "lease": LEASE}
    ).one_or_none()
    return None if row is None else _held(row, token)


def announce(connection: Connection, held: Held, checkpoint: JsonObject) -> None:
    """Commit the intent of the publishing call, with what the flow goes on from. Raises
    `LeaseLost` when the lease has gone, or the post was edited or cancelled since it was read."""
    if not connection.execute(_ANNOUNCE, _stored(held, checkpoint)).scalar_one():
        raise LeaseLost


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


def _held(row: Any, token: UUID) -> Held:
    return Held(
        id=row.id,
        token=token,
        dispatch_number=row.dispatch_number,
        platform=Platform(row.platform),
        account=AccountRow(
            id=row.account_id,
            platform_user_id=row.platform_user_id,
            username=row.username,
            metadata=row.account_metadata,
            status=AccountStatus(row.account_status),
            status_reason=row.status_reason,
            access_token=row.access_token,
            refresh_token=row.refresh_token,
            token_expires_at=row.token_expires_at,
            token_stored_at=row.token_stored_at,
            health=AccountHealth(row.health),
            setbacks=row.setbacks,
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
