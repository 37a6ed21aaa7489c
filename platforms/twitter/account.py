"""The account's side of X: tokens, profile."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Final

from domain.budgets import Cap
from domain.failures import TokenRevoked
from platforms import oauth
from platforms.adapter import Account, Grant, Profile, ProfileFlow, RefreshFlow
from platforms.flow import Request, call
from platforms.oauth import Endpoint
from platforms.profile import count, within, words
from platforms.twitter.errors import refusal

FIELDS: Final = "public_metrics,username,name,profile_image_url"
# twitter.md, section 4
CAPS: Final = (Cap(100, timedelta(minutes=15)),)
APP_CAP: Final = Cap(10_000)


def _is_dead(code: str, told: str) -> bool:
    """A used or revoked refresh token comes as ``invalid_request``: "… the token was invalid"."""
    return code == "invalid_grant" or (code == "invalid_request" and "token" in told.lower())


ENDPOINT: Final = Endpoint("X", "TWITTER_CLIENT_ID and TWITTER_CLIENT_SECRET", _is_dead)


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /2/oauth2/token``. A refresh token works once; the answer holds the next."""
    if not grant.refresh_token:
        raise TokenRevoked("X gave no refresh token (offline.access): connect the account again")
    pair = base64.b64encode(f"{grant.client_id}:{grant.client_secret}".encode()).decode()
    request = Request(
        "POST",
        "/2/oauth2/token",
        form={"grant_type": "refresh_token", "refresh_token": grant.refresh_token},
        headers={"authorization": f"Basic {pair}"},
        scheme=None,
    )
    return (yield from oauth.refresh(ENDPOINT, request, grant.now))


def profile(_asked: Account, now: datetime) -> ProfileFlow:
    """``GET /2/users/me``. The count of posts has two names (fact sheet, section 0)."""
    answer = yield from call(Request("GET", "/2/users/me", query={"user.fields": FIELDS}))
    if not answer.ok:
        raise refusal(answer, now)
    user = answer.json().get("data")
    metrics = within(user, "public_metrics")
    posts = within(metrics, "tweet_count")
    return Profile(
        platform_user_id=words(within(user, "id")),
        username=words(within(user, "username")),
        display_name=words(within(user, "name")),
        avatar=words(within(user, "profile_image_url")),
        followers=count(within(metrics, "followers_count")),
        following=count(within(metrics, "following_count")),
        posts=count(within(metrics, "post_count") if posts is None else posts),
    )
