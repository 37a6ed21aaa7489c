"""The account's side of TikTok: tokens."""

from __future__ import annotations

from datetime import timedelta

from domain.failures import TokenRevoked
from platforms.flow import Grant, RefreshFlow, Request, Tokens, Unreadable, call, text_of


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /v2/oauth/token/``; decided by the body, since errors may come with status 200."""
    form = {
        "client_key": grant.client_id or "",
        "client_secret": grant.client_secret or "",
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token or "",
    }
    answer = yield from call(Request("POST", "/v2/oauth/token/", form=form, scheme=None))
    body = answer.json()
    if "error" in body:
        raise TokenRevoked(
            "TikTok does not accept the refresh token any more: connect the account again",
            code=str(body["error"]),
            status=answer.status,
        )
    lifetime, fresh = body.get("expires_in"), body.get("refresh_token")
    if not isinstance(lifetime, int):
        raise Unreadable(answer.status)
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=fresh if isinstance(fresh, str) else None,
        expires_at=grant.now + timedelta(seconds=lifetime),
    )
