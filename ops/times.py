"""Times and spans of time as they are typed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final, overload

from db.refusals import Refused
from runtime import clock

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def time_of(field: str, text: str) -> datetime:
    """``now``, ``+5m`` or a time with its zone."""
    now = clock.now()
    if text == "now":
        return now
    if text.startswith("+"):
        return now + span_of(field, text[1:])
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        what = "has no time zone" if at else "is no time"
        raise Refused(field, f"{text} {what}", "write 2026-12-01T09:00:00+01:00, +5m or now")
    return at


def since_of(text: str, field: str = "since") -> datetime:
    """``30d``, so long ago, or a time with its zone."""
    if text[-1:] in UNITS:
        return clock.now() - span_of(field, text)
    return time_of(field, text)


@overload
def span_of(field: str, text: str) -> timedelta: ...
@overload
def span_of(field: str, text: str | None) -> timedelta | None: ...
def span_of(field: str, text: str | None) -> timedelta | None:
    """``5m``: a number and a unit (s, m, h, d)."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise Refused(field, f"{text} is no span of time", "write a number and a unit, such as 90m")
    return timedelta(**{UNITS[found.group(2)]: int(found.group(1))})
