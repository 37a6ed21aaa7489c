"""The account's side of LinkedIn: tokens."""

from __future__ import annotations

from datetime import timedelta

from domain.failures import TokenRevoked
from platforms.flow import Grant, RefreshFlow, Request, Tokens, Unreadable, call, text_of


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /oauth/v2/accessToken``; only apps that LinkedIn approved for it get refresh
    tokens."""
    if grant.refresh_token is None:
        raise TokenRevoked("LinkedIn gave no refresh token: connect the account again")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_id": grant.client_id or "",
        "client_secret": grant.client_secret or "",
    }
    answer = yield from call(Request("POST", "/oauth/v2/accessToken", form=form, scheme=None))
    if not answer.ok:
        raise TokenRevoked(
            "LinkedIn does not accept the refresh token any more: connect the account again",
            status=answer.status,
        )
    body = answer.json()
    lifetime, fresh = body.get("expires_in"), body.get("refresh_token")
    if not isinstance(lifetime, int):
        raise Unreadable(answer.status)
    return Tokens(
        access_token=text_of(body.get("access_token"), answer.status),
        refresh_token=fresh if isinstance(fresh, str) else None,
        expires_at=grant.now + timedelta(seconds=lifetime),
    )
