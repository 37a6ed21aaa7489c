"""What Meta's APIs (Threads, Instagram, Facebook Pages) share: their errors, and their tokens.

Their HTTP statuses say little; the ``code`` and ``error_subcode`` of the error decide
(https://developers.facebook.com/docs/graph-api/guides/error-handling).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from domain.content import Json
from domain.failures import (
    Failure,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    Unavailable,
)
from platforms.flow import Answer, Grant, RefreshFlow, Request, Tokens, Unreadable, call, text_of

TOKEN_CODES: Final = frozenset({190, 102})
TOKEN_EXPIRED_SUBCODES: Final = frozenset({463, 467})
PERMISSION_CODES: Final = frozenset({3, 10, 210, 283, *range(200, 300)})
APP_LIMIT: Final = 4
LIMIT_CODES: Final = frozenset({APP_LIMIT, 17, 32, 341, 613, 80001, 80002})
QUOTA_SUBCODES: Final = frozenset({2207042, 1390008})
OUTAGE_CODES: Final = frozenset({-2, -1, 1, 2})
NOT_READY_SUBCODES: Final = frozenset({2207027, 4279009, 2207008})
# The spam guard may have let the post through; the others say that the text is there already.
MAY_BE_LIVE_SUBCODES: Final = frozenset({2207051})
DUPLICATE_CODES: Final = frozenset({506, 1366051})
RESTRICTED_SUBCODES: Final = frozenset({4279013, 2207050, 1404006, 1404078})
HOUR: Final = timedelta(hours=1)


def refusal(answer: Answer, now: datetime, *, published: bool = False) -> Failure:
    """The failure that an error answer tells of. ``published``: it answers the publishing call, so
    an outage may have come after the post was made."""
    error = _error(answer)
    code, subcode = _number(error, "code"), _number(error, "error_subcode")
    told = {
        "code": f"{code}/{subcode}" if subcode else str(code),
        "status": answer.status,
        "trace": str(error.get("fbtrace_id") or "") or None,
    }
    words = _words(error)
    if subcode in MAY_BE_LIVE_SUBCODES or code in DUPLICATE_CODES:
        return OutcomeUnknown(f"{words}; the post may be there", **told)  # type: ignore[arg-type]
    if code in LIMIT_CODES or subcode in QUOTA_SUBCODES or answer.status == 429:
        until = now + _regain(answer)
        return Throttled(words, until=until, whole_app=code == APP_LIMIT, **told)  # type: ignore[arg-type]
    if subcode in NOT_READY_SUBCODES:
        return NotReady(words, after=5)
    return _by_code(code, subcode, words, told, error, published=published)


def _by_code(
    code: int,
    subcode: int,
    words: str,
    told: Mapping[str, object],
    error: Mapping[str, Json],
    *,
    published: bool,
) -> Failure:
    kind: type[Failure] = Rejected
    if code in TOKEN_CODES:
        kind = TokenExpired if subcode in TOKEN_EXPIRED_SUBCODES else TokenRevoked
    elif code in PERMISSION_CODES or subcode in RESTRICTED_SUBCODES:
        kind = PermissionMissing
    elif code in OUTAGE_CODES or error.get("is_transient") is True:
        kind = OutcomeUnknown if published else Unavailable
    return kind(words, **told)  # type: ignore[arg-type]


def object_of(answer: Answer, now: datetime, *, published: bool = False) -> dict[str, Json]:
    """The answer's object. Raises what an error tells of."""
    if not answer.ok:
        raise refusal(answer, now, published=published)
    return answer.json()


def rows(answer: Answer, now: datetime) -> list[dict[str, Json]]:
    """The ``data`` list of an answer. Raises what an error tells of, and `Unreadable`."""
    data = object_of(answer, now).get("data")
    if not isinstance(data, list):
        raise Unreadable(answer.status)
    return [row for row in data if isinstance(row, dict)]


def refresh(grant: Grant, grant_type: str) -> RefreshFlow:
    """``GET /refresh_access_token``: a token of 60 days that is still good is exchanged for the
    next one. Meta documents the token as a query parameter only; such URLs are never logged."""
    query = {"grant_type": grant_type, "access_token": grant.access_token}
    answer = yield from call(Request("GET", "/refresh_access_token", query=query, scheme=None))
    if not answer.ok:
        failure = refusal(answer, grant.now)
        raise TokenRevoked(failure.message) if isinstance(failure, TokenExpired) else failure
    body = answer.json()
    lifetime = body.get("expires_in")
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=None,
        expires_at=grant.now + timedelta(seconds=lifetime) if isinstance(lifetime, int) else None,
    )


def _error(answer: Answer) -> Mapping[str, Json]:
    try:
        error = answer.json().get("error")
    except Unreadable:
        return {}
    return error if isinstance(error, dict) else {}


def _number(error: Mapping[str, Json], name: str) -> int:
    value = error.get(name)
    return value if isinstance(value, int) else 0


def _words(error: Mapping[str, Json]) -> str:
    said = error.get("error_user_msg") or error.get("message")
    return str(said) if said else "the platform refused it without a reason"


def _regain(answer: Answer) -> timedelta:
    """How long the limit stays closed: the longest of the usage header, in minutes; else an
    hour."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = [
            row["estimated_time_to_regain_access"] for uses in usage.values() for row in uses
        ]
    except (ValueError, AttributeError, KeyError, TypeError):
        return HOUR
    return timedelta(minutes=max(minutes)) if minutes and max(minutes) > 0 else HOUR
