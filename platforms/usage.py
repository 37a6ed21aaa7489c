"""What an answer's headers say of limits that are nearly or wholly used up.

Meta tells percentages, and to stop at 95 (facebook.md, section 4); X tells what remains and when it
is reset (twitter.md, section 4). LinkedIn and TikTok tell nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

STOP_AT: Final = 95
HOUR: Final = timedelta(hours=1)
ACCOUNT_LIMITS: Final = ("x-rate-limit", "x-user-limit-24hour")
APP_LIMITS: Final = ("x-app-limit-24hour",)

USAGE_HEADERS: Final = (
    "x-business-use-case-usage",
    "x-app-usage",
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


def closing(headers: Mapping[str, str], now: datetime) -> Closing:
    """Read the headers of any answer; names in lower case. What cannot be read closes nothing."""
    meta = _hosts(headers.get("x-business-use-case-usage", "{}"))
    busy = [_regain(row) for row in meta if _is_full(row)]
    app = _object(headers.get("x-app-usage", "{}"))
    return Closing(
        _later([_reset(headers, ACCOUNT_LIMITS), *(now + wait for wait in busy)]),
        _later([_reset(headers, APP_LIMITS), now + HOUR if _is_full(app) else None]),
    )


def _later(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def _reset(headers: Mapping[str, str], limits: Iterable[str]) -> datetime | None:
    return _later(
        datetime.fromtimestamp(int(headers[f"{limit}-reset"]), UTC)
        for limit in limits
        if headers.get(f"{limit}-remaining") == "0"
        and headers.get(f"{limit}-reset", "").isdecimal()
    )


def _hosts(text: str) -> list[dict[str, Any]]:
    rows = [row for rows in _object(text).values() if isinstance(rows, list) for row in rows]
    return [row for row in rows if isinstance(row, dict)]


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_full(row: Mapping[str, Any]) -> bool:
    names = ("call_count", "total_cputime", "total_time")
    return any(isinstance(row.get(name), int | float) and row[name] >= STOP_AT for name in names)


def _regain(row: Mapping[str, Any]) -> timedelta:
    minutes = row.get("estimated_time_to_regain_access")
    return timedelta(minutes=minutes) if isinstance(minutes, int) and 0 < minutes < 2000 else HOUR
