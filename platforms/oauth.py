"""Token endpoints of OAuth 2.0 (RFC 6749, section 5) as X, LinkedIn and TikTok have them.

Only the platform's own word that the grant is dead ends a connection. Whatever else goes wrong is
taken for passing: a connection is never given up over an outage, a limit or a fault of the
application's own settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.content import Json
from domain.failures import Failure, Throttled, TokenRevoked, Unavailable
from platforms.adapter import RefreshFlow, Tokens
from platforms.flow import Answer, Request, Unreadable, call, text_of

BUSY: Final = timedelta(minutes=1)
BAD_APPLICATION: Final = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A platform's token endpoint. ``is_dead`` tells from the error's code and description whether
    the grant is; ``settings`` are the names of the application's settings, for people."""

    name: str
    settings: str
    is_dead: Callable[[str, str], bool]


def refresh(endpoint: Endpoint, request: Request, now: datetime) -> RefreshFlow:
    """Send ``request`` and read the pair that comes back; ``refresh_token`` is None when the
    platform gave none. Raises `TokenRevoked` for a dead grant, `Throttled`, and `Unavailable`."""
    answer = yield from call(request)
    body = _body(answer)
    if not answer.ok or "error" in body:
        raise refusal(endpoint, answer, body, now)
    lifetime, fresh = body.get("expires_in"), body.get("refresh_token")
    if not isinstance(lifetime, int):
        raise Unreadable(answer.status)
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=fresh if isinstance(fresh, str) and fresh else None,
        expires_at=now + timedelta(seconds=lifetime),
    )


def refusal(endpoint: Endpoint, answer: Answer, body: dict[str, Json], now: datetime) -> Failure:
    """What an answer without tokens says of the connection."""
    code, words = str(body.get("error") or ""), str(body.get("error_description") or "")
    told = {"code": code or None, "status": answer.status}
    if answer.status == 429:
        return Throttled(f"{endpoint.name}: too many refreshes", until=now + BUSY, status=429)
    if code in BAD_APPLICATION:
        return Unavailable(
            f"{endpoint.name} does not know the application: check {endpoint.settings}",
            **told,  # type: ignore[arg-type]
        )
    if endpoint.is_dead(code, words):
        return TokenRevoked(
            f"{endpoint.name} does not accept the refresh token any more: connect the account"
            " again",
            **told,  # type: ignore[arg-type]
        )
    return Unavailable(
        f"{endpoint.name} did not refresh the token ({code or f'HTTP {answer.status}'})",
        **told,  # type: ignore[arg-type]
    )


def _body(answer: Answer) -> dict[str, Json]:
    try:
        return answer.json()
    except Unreadable:
        if answer.ok:
            raise
        return {}
