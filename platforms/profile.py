"""Readers of profiles: what is missing or of another shape is None, and the row stays as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.content import Json
from platforms.adapter import Quota
from platforms.flow import Answer, Unreadable

DAY_SECONDS: Final = 86_400


def count(value: Json) -> int | None:
    """A number of people or posts."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def words(value: Json) -> str | None:
    """A name or an address; blank is none."""
    return value.strip() or None if isinstance(value, str) else None


def within(value: Json, *path: str) -> Json:
    """What lies below ``path`` of nested objects; None where there is nothing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def body(answer: Answer) -> dict[str, Json]:
    """The object of a good answer; empty for any other, for figures that may be missing."""
    try:
        return answer.json() if answer.ok else {}
    except Unreadable:
        return {}


def meta_quota(answer: Answer, usage: str = "quota_usage", config: str = "config") -> Quota | None:
    """``{"data":[{"quota_usage":4,"config":{"quota_total":100,"quota_duration":86400}}]}``; a quota
    of another name has its ``usage`` and ``config`` under others."""
    rows = body(answer).get("data")
    row = rows[0] if isinstance(rows, list) and rows else None
    used, total = count(within(row, usage)), count(within(row, config, "quota_total"))
    if used is None or not total:
        return None
    seconds = count(within(row, config, "quota_duration")) or DAY_SECONDS
    return Quota(used, total, timedelta(seconds=seconds))
