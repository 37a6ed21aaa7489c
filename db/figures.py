"""What was read of publications: one statement for the snapshots and rows of a whole batch, and the
aggregate on their posts, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from db.engine import transaction
from db.leases import LeaseLost
from db.statements import statement
from db.syncs import LEASE, SyncRun, known_figures
from domain.analytics import (
    COUNTS,
    NO_FIGURES,
    AnalyticsPeriod,
    Figures,
    bucket,
    engagement_rate,
    pooled,
)
from domain.content import JsonObject

# In one order, so that batches that share posts wait for one another instead of deadlocking.
_HOLD_POSTS: Final = text(
    "SELECT id FROM posts WHERE id = ANY (:posts) ORDER BY id FOR NO KEY UPDATE"
)
_RECORD: Final = statement("record_figures")
_OF_POSTS: Final = statement("figures_of_posts")
_SUM_UP: Final = text(
    "UPDATE posts p SET analytics = p.analytics || given.analytics"
    " FROM jsonb_to_recordset(CAST(:sums AS jsonb)) AS given (id uuid, analytics jsonb)"
    " WHERE p.id = given.id AND NOT p.analytics @> given.analytics"
)


@dataclass(frozen=True, slots=True)
class ReadFigures:
    """One publication, read ``at``. ``figures=None``: the platform does not know it. ``raw`` is
    redacted. ``next_sync_at=None`` closes the series."""

    id: UUID
    post_id: UUID
    at: datetime
    figures: Figures | None
    raw: JsonObject
    periods: Sequence[AnalyticsPeriod]
    next_sync_at: datetime | None
    unchanged: int
    missing: int
    requested: AnalyticsPeriod | None


def record(engine: Engine, run: SyncRun, read: Sequence[ReadFigures]) -> int:
    """Store all of them and lengthen the lease; how many snapshots are new. Raises `LeaseLost`,
    with nothing stored."""
    posts = list({one.post_id for one in read})
    values = {"account": run.account.id, "token": run.lease, "lease": LEASE}
    readings = json.dumps([_reading(one) for one in read])
    with transaction(engine) as connection:
        connection.execute(_HOLD_POSTS, {"posts": posts})
        done = connection.execute(_RECORD, {**values, "readings": readings}).one()
        if not done.leases:
            raise LeaseLost
        connection.execute(_SUM_UP, {"sums": json.dumps(_sums(connection, posts))})
    return int(done.snapshots)


def _reading(read: ReadFigures) -> dict[str, Any]:
    figures = read.figures or NO_FIGURES
    counts = {name: getattr(figures, name) for name in COUNTS}
    rate = engagement_rate(figures)
    return {
        "id": str(read.id),
        "found": read.figures is not None,
        **counts,
        "rate": _plain(rate),
        "details": _details(figures, rate),
        "raw": dict(read.raw),
        "buckets": [
            {"period": period, "start": bucket(period, read.at).isoformat()}
            for period in read.periods
        ],
        "next_sync_at": read.next_sync_at and read.next_sync_at.isoformat(),
        "unchanged": read.unchanged,
        "missing": read.missing,
        "requested": read.requested,
    }


def _details(figures: Figures, rate: Decimal | None) -> dict[str, Any]:
    """What the publication keeps of figures that have no column; only what is told."""
    found = {
        "clicks_count": figures.clicks,
        "saves_count": figures.saves,
        "engagement_rate": _plain(rate),
        **figures.more,
    }
    return {name: value for name, value in found.items() if value is not None}


def _sums(connection: Connection, posts: Sequence[UUID]) -> list[dict[str, Any]]:
    by_post: dict[UUID, dict[str, Figures]] = defaultdict(dict)
    for row in connection.execute(_OF_POSTS, {"posts": posts}):
        by_post[row.post_id][row.platform] = known_figures(row)
    return [
        {"id": str(post), "analytics": _summed_up(of_platforms)}
        for post, of_platforms in by_post.items()
    ]


def _summed_up(of_platforms: dict[str, Figures]) -> dict[str, Any]:
    """The aggregate over the platforms; null is what none of them tells."""
    every = list(of_platforms.values())
    together = pooled(every)
    return {
        **{f"{name}_count": getattr(together, name) for name in COUNTS},
        "engagement_rate": _plain(engagement_rate(*every)),
        "platforms": sorted(of_platforms),
    }


def _plain(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)
