"""A stretch of time in which the figures of publications are read, with the clock stepped: from one
due time to the next, in the database and in the sandbox alike."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
import psycopg

from db import syncs
from db.engine import Engine
from dev.stepped import Clock
from domain.analytics import AnalyticsPeriod, bucket
from domain.cadence import FIRST_AFTER, LADDER, Rung
from domain.content import Platform
from workers.collect import Collector

ROOMS: Final = dict.fromkeys(Platform, 100)
ALONG: Final = {
    AnalyticsPeriod.HOURLY: timedelta(hours=1),
    AnalyticsPeriod.DAILY: timedelta(days=1),
    AnalyticsPeriod.WEEKLY: timedelta(days=7),
    AnalyticsPeriod.MONTHLY: timedelta(days=32),
}
# Up to what age every bucket of a period has its snapshot; months have one at any age.
WHOLE: Final = {
    AnalyticsPeriod.HOURLY: LADDER[Rung.HOUR][0],
    AnalyticsPeriod.DAILY: LADDER[Rung.DAY][0],
    AnalyticsPeriod.WEEKLY: LADDER[Rung.WEEK][0],
    AnalyticsPeriod.MONTHLY: timedelta(days=10_000),
}

Buckets = set[tuple[UUID, str, datetime]]


@dataclass(slots=True)
class Quarter:
    """``session`` is on the stepped clock. ``calls`` of the readings, by platform, of which
    ``refused`` were answered with 400 or more."""

    engine: Engine
    collector: Collector
    session: psycopg.Connection
    clock: Clock
    sandbox_url: str
    calls: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def run(self, until: datetime) -> int:
        """Read whatever is due up to ``until``; how many runs of accounts that were."""
        runs = 0
        while True:
            self._enrol()
            due = self._next_due()
            if due is None or due > until:
                self._put(until)
                return runs
            self._put(max(due, self.clock.now))
            runs += self._work()

    def expected(self, until: datetime) -> Buckets:
        """The buckets of every series that must have a snapshot: from the first reading on, as long
        as the publication is young enough for them."""
        rows = self.session.execute(
            "SELECT post_publication_id, published_at FROM publication_syncs"
        ).fetchall()
        return {
            (publication, period, start)
            for publication, published_at in rows
            for period in AnalyticsPeriod
            for start in _buckets(period, published_at, until)
        }

    def found(self) -> Counter[tuple[UUID, str, datetime]]:
        """How often each bucket is there."""
        rows = self.session.execute(
            "SELECT post_publication_id, period::text, recorded_at FROM analytics"
        ).fetchall()
        return Counter((publication, period, at) for publication, period, at in rows)

    def _enrol(self) -> None:
        with self.engine.connect() as connection:
            syncs.enrol(connection, rest=timedelta(0), first_after=FIRST_AFTER, batch=10_000)

    def _next_due(self) -> datetime | None:
        row = self.session.execute("SELECT min(next_sync_at) FROM account_syncs").fetchone()
        return None if row is None else row[0]

    def _put(self, at: datetime) -> None:
        self.clock.put(at)
        moment = {"now": at.timestamp()}
        httpx.post(f"{self.sandbox_url}/_sandbox/clock", json=moment).raise_for_status()

    def _work(self) -> int:
        with self.engine.connect() as connection:
            dispatches = syncs.dispatch(connection, ROOMS)
        with _overheard(self):
            for dispatch in dispatches:
                self.collector.collect(dispatch.account_id, dispatch.number)
        return len(dispatches)


def _buckets(
    period: AnalyticsPeriod, published_at: datetime, until: datetime
) -> Iterator[datetime]:
    """A bucket has its reading somewhere within it, so the last one may still be to come."""
    first = bucket(period, published_at + FIRST_AFTER)
    at, end = first, min(published_at + WHOLE[period], until)
    while (start := bucket(period, at)) < end:
        following = bucket(period, start + ALONG[period])
        if start == first or following <= end:
            yield start
        at = following


class _Ear(logging.Handler):
    """Counts what httpx says of each request."""

    def __init__(self, quarter: Quarter) -> None:
        super().__init__(logging.INFO)
        self._quarter = quarter

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _method, url, _version, status, _reason = record.args
            self._quarter.calls[str(url).split("/")[3]] += 1
            self._quarter.refused += isinstance(status, int) and status >= 400


@contextmanager
def _overheard(quarter: Quarter) -> Iterator[None]:
    logger, ear = logging.getLogger("httpx"), _Ear(quarter)
    level, propagates = logger.level, logger.propagate
    logger.addHandler(ear)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)
        logger.propagate = propagates
