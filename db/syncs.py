"""Reading figures: which accounts are due, who reads one, and what was read.

As in publishing, the row is the truth: a dispatch is numbered, a run is held by a lease, and every
write matches the lease. Times are the database's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.connected import Connected, connected
from db.leases import LeaseLost
from db.statements import statement
from domain.accounts import AccountStatus
from domain.analytics import AnalyticsPeriod, Figures, count
from domain.cadence import Series
from domain.content import ContentType, Platform
from domain.failures import Failure
from domain.messages import SyncDispatch

LEASE: Final = timedelta(seconds=60)

_ENROL: Final = statement("enrol_syncs")
_DISPATCH: Final = statement("dispatch_syncs")
_RECALL: Final = statement("recall_syncs")
_UNHEARD: Final = statement("unheard_syncs")
_REAP: Final = statement("reap_syncs")
_TAKE: Final = statement("take_sync")
_KEEP: Final = text(
    "UPDATE account_syncs SET lease_until = now() + :lease"
    " WHERE lease_token = ANY (:tokens) AND dispatched_at IS NOT NULL"
)
_DUE: Final = statement("due_syncs")
_END: Final = statement("end_sync")


@dataclass(frozen=True, slots=True)
class SyncRun:
    """An account whose figures are read, under lease."""

    account: Connected
    lease: UUID
    status: AccountStatus
    status_reason: str | None
    failure_count: int


@dataclass(frozen=True, slots=True)
class DueSync:
    """A publication to read, with the latest figures that are known, as of ``now``."""

    id: UUID
    post_id: UUID
    platform_post_id: str
    series: Series
    requested: AnalyticsPeriod | None
    known: Figures
    now: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: ``failure`` cut it short; it goes on at ``paused_until``."""

    failure: Failure | None = None
    failure_count: int = 0
    paused_until: datetime | None = None
    whole_app: bool = False


def enrol(connection: Connection, *, rest: timedelta, first_after: timedelta, batch: int) -> int:
    """Take in what was published ``rest`` ago or longer; how many."""
    values = {"rest": rest, "first_after": first_after, "batch": batch}
    return int(connection.execute(_ENROL, values).scalar_one())


def dispatch(connection: Connection, rooms: Mapping[Platform, int]) -> list[SyncDispatch]:
    """Number a run for the accounts that are due, at most ``rooms`` of each platform."""
    rows = connection.execute(_DISPATCH, {"rooms": json.dumps(rooms)})
    return [_dispatched(row) for row in rows]


def recall(connection: Connection, dispatches: Sequence[SyncDispatch]) -> int:
    """Make dispatches void that no worker has taken up; how many there were."""
    ids = [dispatch.account_id for dispatch in dispatches]
    numbers = [dispatch.number for dispatch in dispatches]
    return len(connection.execute(_RECALL, {"ids": ids, "numbers": numbers}).all())


def unheard(connection: Connection, *, silence: timedelta, batch: int) -> list[SyncDispatch]:
    """Dispatches that no worker has taken up for ``silence``, oldest first."""
    rows = connection.execute(_UNHEARD, {"silence": silence, "batch": batch})
    return [_dispatched(row) for row in rows]


def reap(connection: Connection) -> int:
    """Take back the runs whose lease has ended; how many there were."""
    return len(connection.execute(_REAP).all())


def take(connection: Connection, account_id: UUID, number: int, lease: UUID) -> SyncRun | None:
    """Take the lease of run ``number``; None when that dispatch is void."""
    row = connection.execute(
        _TAKE, {"id": account_id, "number": number, "token": lease, "lease": LEASE}
    ).one_or_none()
    if row is None:
        return None
    return SyncRun(
        account=connected(row),
        lease=lease,
        status=AccountStatus(row.status),
        status_reason=row.status_reason,
        failure_count=row.failure_count,
    )


def keep(connection: Connection, leases: Sequence[UUID]) -> None:
    """Lengthen all these leases."""
    connection.execute(_KEEP, {"tokens": list(leases), "lease": LEASE})


def due(connection: Connection, run: SyncRun, batch: int) -> list[DueSync]:
    """The account's publications that are due, at most ``batch``, longest due first."""
    rows = connection.execute(_DUE, {"account": run.account.id, "batch": batch})
    return [_due(row, run) for row in rows]


def end(connection: Connection, run: SyncRun, ending: Ending) -> None:
    """Give up the lease, and let the account be read again when it is due. Raises `LeaseLost`."""
    failure = ending.failure
    done = connection.execute(
        _END,
        {
            "account": run.account.id,
            "token": run.lease,
            "paused_until": ending.paused_until,
            "failure_count": ending.failure_count,
            "failure_kind": failure and failure.kind,
            "message": failure and failure.message,
            "whole_app": ending.whole_app,
        },
    ).scalar_one()
    if not done:
        raise LeaseLost


def _dispatched(row: Any) -> SyncDispatch:
    return SyncDispatch(row.social_account_id, row.dispatch_number, Platform(row.platform))


def _due(row: Any, run: SyncRun) -> DueSync:
    return DueSync(
        id=row.post_publication_id,
        post_id=row.post_id,
        platform_post_id=row.platform_post_id,
        series=Series(
            account=run.account.id,
            kind=ContentType(row.content_type),
            published_at=row.published_at,
            unchanged=row.unchanged_count,
            missing=row.missing_count,
        ),
        requested=row.requested and AnalyticsPeriod(row.requested),
        known=known_figures(row),
        now=row.now,
    )


def known_figures(row: Any) -> Figures:
    """The latest figures on a row of post_publications."""
    return Figures(
        likes=row.likes_count,
        comments=row.comments_count,
        shares=row.shares_count,
        impressions=row.impressions_count,
        reach=row.reach_count,
        clicks=count(row.analytics.get("clicks_count")),
        saves=count(row.analytics.get("saves_count")),
    )
