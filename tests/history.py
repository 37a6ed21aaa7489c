"""Snapshots for tests, written as the collector writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from domain.analytics import AnalyticsPeriod

DAY = timedelta(days=1)


def midnight() -> datetime:
    """The start of today, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: TID251


def snapshot(
    session: psycopg.Connection,
    publication: UUID,
    at: datetime,
    likes: int | None,
    *,
    before: int | None = None,
    period: AnalyticsPeriod = AnalyticsPeriod.DAILY,
) -> None:
    """One with so many likes, and three times as many impressions; ``before`` is the likes of the
    snapshot before."""
    views = likes and likes * 3
    deltas = None
    if before is not None and likes is not None:
        gained = likes - before
        deltas = json.dumps({"likes_count": gained, "impressions_count": gained * 3})
    session.execute(
        "INSERT INTO analytics (post_publication_id, platform, period, recorded_at, likes_count,"
        " impressions_count, metrics_by_time, raw_data) SELECT id, platform, %s, %s, %s, %s, %s,"
        """ '{"id": "1", "text": "é|~ \\" ,"}' FROM post_publications WHERE id = %s""",
        [period, at, likes, views, deltas, publication],
    )


def series(
    session: psycopg.Connection, publication: UUID, start: datetime, likes: list[int]
) -> None:
    """A daily snapshot from ``start`` on for each total."""
    before: int | None = None
    for day, total in enumerate(likes):
        snapshot(session, publication, start + day * DAY, total, before=before)
        before = total


def month_before(months: int) -> datetime:
    """The start of the month so many before this one."""
    today = midnight()
    count = today.year * 12 + today.month - 1 - months
    return today.replace(year=count // 12, month=count % 12 + 1, day=1)


def make_month(session: psycopg.Connection, month: datetime) -> str:
    """The partition of that month, made as it would have been in time."""
    name = f"analytics_{month:%Y_%m}"
    after = (month + timedelta(days=32)).replace(day=1)
    session.execute(
        f"CREATE TABLE {name} PARTITION OF analytics"
        f" FOR VALUES FROM ('{month.isoformat()}') TO ('{after.isoformat()}')"
    )
    return name
