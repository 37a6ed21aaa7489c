"""Figures of a publication and the snapshots made of them; docs/analytics.md says what each figure
means on each platform. A figure that is not told is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
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


def count(value: Json) -> int | None:
    """A count as a platform tells it, within the column's bounds; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, COUNT_MAX)


def total(*counts: int | None) -> int | None:
    """The sum of the counts that are known; None when none is."""
    known = [one for one in counts if one is not None]
    return min(sum(known), COUNT_MAX) if known else None


def engagement_rate(figures: Figures) -> Decimal | None:
    """Percent: likes, comments, shares and saves (those that are told) for each hundred
    impressions, or where those are not told for each hundred people reached. None without any of
    them, or before anybody has seen the post; at most 999.99."""
    engaged = total(figures.likes, figures.comments, figures.shares, figures.saves)
    seen = figures.reach if figures.impressions is None else figures.impressions
    if engaged is None or not seen:
        return None
    rate = (Decimal(engaged) * 100 / Decimal(seen)).quantize(CENT, rounding=ROUND_HALF_UP)
    return min(rate, RATE_MAX)


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
