"""What an answer's headers say of limits: how much is used, and when they open again.

Meta tells percentages, and to stop at 95 (facebook.md, section 4); X tells what remains and when it
is reset (twitter.md, section 4). LinkedIn and TikTok tell nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.cadence import Usage

STOP_AT: Final = 95
HOUR: Final = timedelta(hours=1)
META: Final = "x-business-use-case-usage"
META_APP: Final = "x-app-usage"
SHARES: Final = ("call_count", "total_time", "total_cputime")
ACCOUNT_LIMITS: Final = ("x-rate-limit", "x-user-limit-24hour")
APP_LIMITS: Final = ("x-app-limit-24hour",)

USAGE_HEADERS: Final = (
    META,
    META_APP,
    *(
        f"{limit}-{part}"
        for limit in (*ACCOUNT_LIMITS, *APP_LIMITS)
        for part in ("remaining", "reset")
    ),
)


@dataclass(frozen=True, slots=True)
class Closing:
    """When the account, or the whole application, may go on; None: it may."""

    account: datetime | None = None
    app: datetime | None = None


OPEN: Final = Closing()


def closing(headers: Mapping[str, str], now: datetime) -> Closing:
    """Read the headers of any answer; names in lower case. What cannot be read closes nothing."""
    if not headers:
        return OPEN
    busy = [_regain(row) or HOUR for row in _rows(headers) if _is_full(row)]
    app = _object(headers, META_APP)
    return Closing(
        _later([_reset(headers, ACCOUNT_LIMITS), *(now + wait for wait in busy)]),
        _later([_reset(headers, APP_LIMITS), now + HOUR if _is_full(app) else None]),
    )


def meta_usage(headers: Mapping[str, str], now: datetime) -> Usage | None:
    """The fullest of Meta's limits; None when none is told."""
    used = _used(*_rows(headers), _object(headers, META_APP))
    return None if used is None else Usage(used / 100, now + meta_regain(headers))


def meta_regain(headers: Mapping[str, str]) -> timedelta:
    """How long the longest of Meta's limits of accounts stays closed; an hour where none tells."""
    told = (_regain(row) for row in _rows(headers))
    return max((wait for wait in told if wait), default=HOUR)


def _later(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def _reset(headers: Mapping[str, str], limits: Iterable[str]) -> datetime | None:
    return _later(
        datetime.fromtimestamp(int(headers[f"{limit}-reset"]), UTC)
        for limit in limits
        if headers.get(f"{limit}-remaining") == "0"
        and headers.get(f"{limit}-reset", "").isdecimal()
    )


def _rows(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Meta's limits of accounts: lists of rows, by business."""
    lists = [rows for rows in _object(headers, META).values() if isinstance(rows, list)]
    return [row for rows in lists for row in rows if isinstance(row, dict)]


def _object(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        found = json.loads(headers.get(name) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _used(*rows: Mapping[str, Any]) -> float | None:
    """Percent; None where no share is told."""
    told = [row[name] for row in rows for name in SHARES if isinstance(row.get(name), int | float)]
    return max(told, default=None)


def _is_full(row: Mapping[str, Any]) -> bool:
    return (_used(row) or 0) >= STOP_AT


def _regain(row: Mapping[str, Any]) -> timedelta | None:
    minutes = row.get("estimated_time_to_regain_access")
    return timedelta(minutes=minutes) if isinstance(minutes, int) and 0 < minutes < 2000 else None
