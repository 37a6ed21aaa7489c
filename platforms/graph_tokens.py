"""Tokens of Threads and Instagram: a long-lived token is exchanged for the next one."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.failures import Failure, Throttled, TokenExpired, TokenRevoked, Unavailable
from platforms import graph
from platforms.adapter import Grant, RefreshFlow, Tokens
from platforms.flow import Request, call, text_of

YOUNGEST: Final = timedelta(hours=24)


def refresh(grant: Grant, grant_type: str) -> RefreshFlow:
    """``GET /refresh_access_token``: a token of 60 days, at least a day old and still good, is
    exchanged for the next one. Meta documents the token as a query parameter only; such URLs are
    never logged."""
    query = {"grant_type": grant_type, "access_token": grant.access_token}
    answer = yield from call(Request("GET", "/refresh_access_token", query=query, scheme=None))
    if not answer.ok:
        raise _meaning(graph.refusal(answer, grant.now))
    body = answer.json()
    lifetime = body.get("expires_in")
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=None,
        expires_at=grant.now + timedelta(seconds=lifetime) if isinstance(lifetime, int) else None,
    )


def _meaning(failure: Failure) -> Failure:
    """Only a token that Meta calls dead ends the connection."""
    if isinstance(failure, TokenExpired | TokenRevoked):
        return TokenRevoked(
            f"{failure.message.rstrip('. ')}; connect the account again",
            code=failure.code,
            status=failure.status,
            trace=failure.trace,
        )
    if isinstance(failure, Throttled | Unavailable):
        return failure
    return Unavailable(
        f"the token was not refreshed: {failure.message}", code=failure.code, status=failure.status
    )
