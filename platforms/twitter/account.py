"""The account's side of X: tokens."""

from __future__ import annotations

import base64
from datetime import timedelta

from domain.failures import TokenRevoked
from platforms.flow import Grant, RefreshFlow, Request, Tokens, Unreadable, call, text_of


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /2/oauth2/token``. A refresh token works once; the answer holds the next."""
    pair = base64.b64encode(f"{grant.client_id}:{grant.client_secret}".encode()).decode()
    request = Request(
        "POST",
        "/2/oauth2/token",
        form={"grant_type": "refresh_token", "refresh_token": grant.refresh_token or ""},
        headers={"authorization": f"Basic {pair}"},
        scheme=None,
    )
    answer = yield from call(request)
    if not answer.ok:
        raise TokenRevoked(
            "X does not accept the refresh token any more: connect the account again",
            status=answer.status,
        )
    body = answer.json()
    lifetime = body.get("expires_in")
    if not isinstance(lifetime, int):
        raise Unreadable(answer.status)
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=text_of(body.get("refresh_token"), answer.status),
        expires_at=grant.now + timedelta(seconds=lifetime),
    )
