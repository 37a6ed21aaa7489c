"""Figures of a publication and the snapshots made of them; docs/analytics.md says what each figure
means on each platform. A figure that is not told is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from domain.content import Json

COUNT_MAX: Final = 2**31 - 1
RATE_MAX: Final = Decimal("999.99")
CENT: Final = Decimal("0.01")


class AnalyticsPeriod(StrEnum):
    """How often a snapshot of this kind is taken; it becomes rarer with age."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals since publication. ``more`` holds what only some platforms count, under their own
    names."""

    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    impressions: int | None = None
    reach: int | None = None
    clicks: int | None = None
    saves: int | None = None
    more: Mapping[str, int] = field(default_factory=dict)


NO_FIGURES: Final = Figures()
COUNTS: Final = ("likes", "comments", "shares", "impressions", "reach", "clicks", "saves")


def count(value: Json) -> int | None:
    """A count as a platform tells it, within the column's bounds; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, COUNT_MAX)


def total(*counts: int | None) -> int | None:
    """The sum of the counts that are known; None when none is."""
    known = [one for one in counts if one is not None]
    return min(sum(known), COUNT_MAX) if known else None


def engagement_rate(*several: Figures) -> Decimal | None:
    """Percent: likes, comments, shares and saves (those that are told) for each hundred
    impressions, or where those are not told for each hundred people reached; of several
    publications, over those for which both are told. None when there are none, or before anybody
    has seen them; at most 999.99."""
    pairs = [(_engaged(one), _seen(one)) for one in several]
    both = [(engaged, seen) for engaged, seen in pairs if engaged is not None and seen]
    if not both:
        return None
    engaged, seen = (Decimal(sum(column)) for column in zip(*both, strict=True))
    return min((engaged * 100 / seen).quantize(CENT, rounding=ROUND_HALF_UP), RATE_MAX)


def pooled(several: Sequence[Figures]) -> Figures:
    """What the publications of one post come to together: the sums of what is known. People who
    are reached on several platforms count on each."""
    return Figures(
        likes=total(*(one.likes for one in several)),
        comments=total(*(one.comments for one in several)),
        shares=total(*(one.shares for one in several)),
        impressions=total(*(one.impressions for one in several)),
        reach=total(*(one.reach for one in several)),
        clicks=total(*(one.clicks for one in several)),
        saves=total(*(one.saves for one in several)),
    )


def is_news(told: Figures, known: Figures) -> bool:
    """Whether any count differs from the latest that is known; what is not told is no news."""
    return any(
        (new := getattr(told, name)) is not None and new != getattr(known, name) for name in COUNTS
    )


def bucket(period: AnalyticsPeriod, at: datetime) -> datetime:
    """The start of the bucket that ``at`` falls into, in UTC; weeks begin on Monday."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if period is AnalyticsPeriod.HOURLY:
        return hour
    day = hour.replace(hour=0)
    if period is AnalyticsPeriod.DAILY:
        return day
    if period is AnalyticsPeriod.WEEKLY:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def next_bucket(period: AnalyticsPeriod, start: datetime) -> datetime:
    """The start of the bucket after the one that begins at ``start``."""
    if period is AnalyticsPeriod.MONTHLY:
        return (start + timedelta(days=32)).replace(day=1)
    days = {AnalyticsPeriod.DAILY: 1, AnalyticsPeriod.WEEKLY: 7}
    return start + (timedelta(days=days[period]) if period in days else timedelta(hours=1))


def _engaged(figures: Figures) -> int | None:
    return total(figures.likes, figures.comments, figures.shares, figures.saves)


def _seen(figures: Figures) -> int | None:
    return figures.reach if figures.impressions is None else figures.impressions
