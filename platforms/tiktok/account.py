"""The account's side of TikTok: tokens, profile."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.budgets import Cap
from domain.failures import TokenRevoked
from platforms import oauth
from platforms.adapter import Account, Grant, Profile, ProfileFlow, RefreshFlow
from platforms.flow import Answer, Request, call
from platforms.oauth import Endpoint
from platforms.profile import count, within, words
from platforms.tiktok.codes import data_of

BASIC: Final = "open_id,avatar_url,display_name"
ALL: Final = f"{BASIC},username,follower_count,following_count,video_count"
SCOPES: Final = frozenset({"scope_not_authorized", "scope_permission_missed"})
# "About 15", for all applications of a creator together (tiktok.md, section 4).
CAPS: Final = (Cap(15),)


def _is_dead(code: str, _told: str) -> bool:
    """Errors may come with status 200; the code alone decides."""
    return code in ("invalid_grant", "access_denied")


ENDPOINT: Final = Endpoint("TikTok", "TIKTOK_CLIENT_ID and TIKTOK_CLIENT_SECRET", _is_dead)


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /v2/oauth/token/``. The answer may hold a new refresh token, and then the old one is
    dead."""
    if not grant.refresh_token:
        raise TokenRevoked("TikTok gave no refresh token: connect the account again")
    form = {
        "client_key": grant.client_id or "",
        "client_secret": grant.client_secret or "",
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
    }
    request = Request("POST", "/v2/oauth/token/", form=form, scheme=None)
    return (yield from oauth.refresh(ENDPOINT, request, grant.now))


def profile(_asked: Account, now: datetime) -> ProfileFlow:
    """``GET /v2/user/info/``: everything, or what the basic scope shows when the others were not
    granted."""
    answer = yield from call(_info(ALL))
    if _code(answer) in SCOPES:
        answer = yield from call(_info(BASIC))
    user = data_of(answer, now).get("user")
    return Profile(
        platform_user_id=words(within(user, "open_id")),
        username=words(within(user, "username")),
        display_name=words(within(user, "display_name")),
        avatar=words(within(user, "avatar_url")),
        followers=count(within(user, "follower_count")),
        following=count(within(user, "following_count")),
        posts=count(within(user, "video_count")),
    )


def _info(fields: str) -> Request:
    return Request("GET", "/v2/user/info/", query={"fields": fields})


def _code(answer: Answer) -> str:
    code = within(answer.json().get("error"), "code")
    return code if isinstance(code, str) else ""
