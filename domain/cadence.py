"""When the figures of a publication are read next: often while it is young, rarely when it is old
or when nothing changes, and once more just before a story ends.

Readings fall into slots of UTC: hours, six hours, days, weeks, months. Within its slot each account
has its own place, so that the readings of all accounts are spread, and those of one account come
together in few calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from domain.analytics import AnalyticsPeriod, bucket
from domain.content import ContentType
from domain.failures import Failure, NotReady, Throttled, Unavailable


class Rung(IntEnum):
    """How long a slot is."""

    HOUR = 0
    SIX_HOURS = 1
    DAY = 2
    WEEK = 3
    MONTH = 4


FIRST_AFTER: Final = timedelta(minutes=15)
# Up to this age a publication is read in slots of this length; later in months.
LADDER: Final = (
    (timedelta(days=1), Rung.HOUR),
    (timedelta(days=7), Rung.SIX_HOURS),
    (timedelta(days=30), Rung.DAY),
    (timedelta(days=91), Rung.WEEK),
)
# How far into its slot an account's place may lie.
SPREAD: Final = {
    Rung.HOUR: timedelta(minutes=50),
    Rung.SIX_HOURS: timedelta(hours=5),
    Rung.DAY: timedelta(hours=20),
    Rung.WEEK: timedelta(days=6),
    Rung.MONTH: timedelta(days=24),
}
PERIODS: Final = {
    AnalyticsPeriod.HOURLY: Rung.SIX_HOURS,
    AnalyticsPeriod.DAILY: Rung.DAY,
    AnalyticsPeriod.WEEKLY: Rung.WEEK,
    AnalyticsPeriod.MONTHLY: Rung.MONTH,
}
QUIET: Final = 3
STORY_LASTS: Final = timedelta(hours=24)
BEFORE_THE_END: Final = (timedelta(minutes=70), timedelta(minutes=10))
MISSED: Final = 5
MISSED_FOR: Final = timedelta(hours=48)
RESERVED: Final = 0.25
FIRST_RETRY: Final = timedelta(minutes=5)
LONGEST_RETRY: Final = timedelta(hours=6)
SOONEST: Final = timedelta(minutes=1)
LATEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Series:
    """What decides about a publication's next reading. ``unchanged`` and ``missing`` count the
    latest readings in a row that told nothing new, and that did not find it."""

    account: UUID
    kind: ContentType
    published_at: datetime
    unchanged: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a platform says of a limit that publishing shares: the part that is ``used``, from 0 to
    1, and when it ``resets``."""

    used: float
    resets: datetime


def rung(series: Series, now: datetime) -> Rung:
    """By age; one slower for every three readings in a row without news."""
    age = now - series.published_at
    by_age = next((slot for until, slot in LADDER if age < until), Rung.MONTH)
    return Rung(min(by_age + series.unchanged // QUIET, Rung.MONTH))


def next_sync(series: Series, now: datetime) -> datetime | None:
    """The account's place in the slot after this one. None: the series is over, since the story has
    ended, or the platform does not know the publication any more."""
    if series.missing >= MISSED and now - series.published_at >= MISSED_FOR:
        return None
    slot = rung(series, now)
    regular = _next_start(slot, now) + SPREAD[slot] * place(series.account)
    if series.kind is not ContentType.STORY:
        return regular
    return _before_the_end(series.published_at + STORY_LASTS, regular, now)


def periods(series: Series, now: datetime, asked: AnalyticsPeriod | None) -> list[AnalyticsPeriod]:
    """The periods that a reading now makes snapshots of: none finer than the readings, and what
    somebody asked for."""
    slot = rung(series, now)
    return [period for period in PERIODS if PERIODS[period] >= slot or period is asked]


def place(account: UUID) -> float:
    """From 0 up to 1; always the same for an account."""
    return (account.int % 10_007) / 10_007


def is_short(usage: Usage) -> bool:
    """Whether what is left belongs to publishing."""
    return usage.used > 1 - RESERVED


def next_run(failure: Failure, failures: int, now: datetime, draw: float) -> datetime:
    """When an account is tried again whose reading failed ``failures`` times in a row before: an
    outage soon, and what only a person can mend after six hours. ``draw`` is from 0 up to 1."""
    if not isinstance(failure, Unavailable):
        return now + LONGEST_RETRY
    ceiling = min(FIRST_RETRY * (1 << min(failures, 10)), LONGEST_RETRY)
    return now + ceiling * (0.5 + draw / 2)


def reopened(failure: Throttled | NotReady, now: datetime) -> datetime:
    """When a limit lets the account be read again: as the platform says, within a minute and a
    day from ``now``."""
    until = (
        now + timedelta(seconds=failure.after) if isinstance(failure, NotReady) else failure.until
    )
    return min(max(until, now + SOONEST), now + LATEST)


def _before_the_end(end: datetime, regular: datetime, now: datetime) -> datetime | None:
    """The last look has its hour to itself, so that the hour's snapshot is the last word."""
    looks = [end - before for before in BEFORE_THE_END if end - before > now]
    if not looks:
        return None
    if bucket(AnalyticsPeriod.HOURLY, regular) >= bucket(AnalyticsPeriod.HOURLY, looks[-1]):
        return looks[0]
    return min(regular, looks[0])


def _next_start(slot: Rung, now: datetime) -> datetime:
    match slot:
        case Rung.HOUR:
            return bucket(AnalyticsPeriod.HOURLY, now) + timedelta(hours=1)
        case Rung.SIX_HOURS:
            hour = bucket(AnalyticsPeriod.HOURLY, now)
            return hour + timedelta(hours=6 - hour.hour % 6)
        case Rung.DAY:
            return bucket(AnalyticsPeriod.DAILY, now) + timedelta(days=1)
        case Rung.WEEK:
            return bucket(AnalyticsPeriod.WEEKLY, now) + timedelta(days=7)
    month = bucket(AnalyticsPeriod.MONTHLY, now) + timedelta(days=31)
    return datetime(month.year, month.month, 1, tzinfo=UTC)
