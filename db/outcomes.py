"""Recording what came of a publication: one statement each, guarded by the lease's token.

Each writes the publication, the ledger and the account; the post's own status follows by trigger.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, TextClause

from db.arrays import array
from db.leases import Held, LeaseLost, checkpoint_json
from db.statements import driven, patient, statement
from domain.accounts import AccountStatus
from domain.content import JsonObject
from domain.failures import FailureKind
from domain.health import Condition

Phase: TypeAlias = Literal["prepare", "publish", "settle"]
Event: TypeAlias = Literal["waiting", "retry", "unknown", "absent"]
Pause: TypeAlias = Literal["nothing", "account", "platform"]

_PUBLISHED_ALL: Final = driven(statement("record_published"))
_PUBLISHED: Final = driven(patient("record_published"))
_WAITING: Final = statement("record_waiting")
_FAILED: Final = statement("record_failed")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger keeps of the platform's answer."""

    phase: Phase
    http_status: int | None = None
    platform_code: str | None = None
    trace_id: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Toll:
    """What an outcome does to the account: its condition, and a ``status`` that ends its use unless
    it was connected anew after ``token_stored_at``."""

    condition: Condition
    token_stored_at: datetime
    status: AccountStatus | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not published for now: ``at`` is when it goes again, or when the platform is asked.

    ``checkpoint`` is what the flow goes on from. ``keep_intent``: the outcome is still unknown.
    ``processing``: the platform is working on it, which is no error. ``pause``: whose limit is
    used up until ``at``.
    """

    at: datetime
    event: Event
    checkpoint: JsonObject
    kind: FailureKind | None = None
    counts: bool = False
    keep_intent: bool = False
    processing: bool = False
    settle_count: int = 0
    pause: Pause = "nothing"


@dataclass(frozen=True, slots=True)
class Success:
    """The platform has it as ``post_id``, since ``at`` (None: just now, or since the
    announcement). A message of the evidence is a remark, not a failure. ``used`` is what the
    account has used of its caps, ``closed_until`` when they open if that was the last of them."""

    held: Held
    evidence: Evidence
    post_id: str
    post_url: str | None
    at: datetime | None
    toll: Toll
    used: JsonObject
    closed_until: datetime | None


def published(connection: Connection, success: Success) -> None:
    """Record it. Raises `LeaseLost`."""
    if not _published(connection, _PUBLISHED, [success]):
        raise LeaseLost


def published_all(connection: Connection, successes: Sequence[Success]) -> dict[UUID, None]:
    """Record all these, by token. Missing: lost, or locked just now; `published` knows."""
    return _published(connection, _PUBLISHED_ALL, successes)


def waiting(
    connection: Connection, held: Held, evidence: Evidence, wait: Waiting, toll: Toll
) -> None:
    """It goes again later. Raises `LeaseLost`."""
    _execute(
        connection,
        _WAITING,
        held,
        **_evidence(evidence),
        at=wait.at,
        event=wait.event,
        failure_kind=wait.kind,
        counts=wait.counts,
        keep_intent=wait.keep_intent,
        processing=wait.processing,
        checkpoint=checkpoint_json(held, wait.checkpoint),
        settle_count=wait.settle_count,
        pause=wait.pause,
        **_toll(toll),
    )


def failed(
    connection: Connection,
    held: Held,
    evidence: Evidence,
    kind: FailureKind,
    toll: Toll,
) -> None:
    """It will not go out by itself. Raises `LeaseLost`."""
    _execute(
        connection,
        _FAILED,
        held,
        **_evidence(evidence),
        failure_kind=kind,
        **_toll(toll),
    )


def _published(connection: Connection, what: str, successes: Sequence[Success]) -> dict[UUID, None]:
    values = {
        "ids": array(success.held.id.hex for success in successes),
        "tokens": array(success.held.token.hex for success in successes),
        "phases": array(success.evidence.phase for success in successes),
        "http_statuses": array(success.evidence.http_status for success in successes),
        "trace_ids": array(success.evidence.trace_id for success in successes),
        "messages": array(success.evidence.message for success in successes),
        "platform_post_ids": array(success.post_id for success in successes),
        "platform_post_urls": array(success.post_url for success in successes),
        "times": array(success.at for success in successes),
        "healths": array(success.toll.condition.health for success in successes),
        "setbacks": array(success.toll.condition.setbacks for success in successes),
        "used": array(json.dumps(success.used) for success in successes),
        "closings": array(success.closed_until for success in successes),
    }
    return dict.fromkeys(connection.exec_driver_sql(what, values).scalars().all())


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "phase": evidence.phase,
        "http_status": evidence.http_status,
        "platform_code": evidence.platform_code,
        "trace_id": evidence.trace_id,
        "message": evidence.message,
    }


def _toll(toll: Toll) -> dict[str, object]:
    return {
        "account_status": toll.status,
        "health": toll.condition.health,
        "setbacks": toll.condition.setbacks,
        "token_stored_at": toll.token_stored_at,
    }


def _execute(connection: Connection, what: TextClause, held: Held, **values: object) -> None:
    done = connection.execute(what, {**values, "id": held.id, "token": held.token}).scalar_one()
    if not done:
        raise LeaseLost
