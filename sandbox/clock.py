"""The sandbox's clock, which tests may put forward."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Clock:
    """The clock on the wall, ``ahead`` by so many seconds."""

    ahead: float = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead  # noqa: TID251  the platforms live by a clock of their own


def iso(at: float) -> str:
    """``2026-05-01T10:00:03.000Z``"""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def seconds(given: str) -> float:
    """Seconds since 1970 of a time given as such or as ISO 8601. Raises ValueError."""
    try:
        return float(given)
    except ValueError:
        return datetime.fromisoformat(given).timestamp()
