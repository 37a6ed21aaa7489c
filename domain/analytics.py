"""Snapshots of how a publication did: the words that are stored."""

from __future__ import annotations

from enum import StrEnum


class AnalyticsPeriod(StrEnum):
    """How often a snapshot of this kind is taken; it becomes rarer with age."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
