"""The account's side of LinkedIn: tokens, profile."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.budgets import Cap
from domain.failures import TokenRevoked
from platforms import oauth
from platforms.adapter import Account, Grant, Profile, ProfileFlow, RefreshFlow
from platforms.flow import Request, call
from platforms.linkedin import api
from platforms.linkedin.errors import refusal
from platforms.oauth import Endpoint
from platforms.profile import body, count, within, words

ORGANIZATION: Final = "urn:li:organization:"
# For the product Share on LinkedIn; in days of UTC (linkedin.md, section 4).
CAPS: Final = (Cap(150, by_calendar=True),)
APP_CAP: Final = Cap(100_000, by_calendar=True)


def _is_dead(code: str, told: str) -> bool:
    """``invalid_request``: "… refresh token is invalid, expired or revoked"."""
    said = told.lower()
    return code == "invalid_grant" or (
        code == "invalid_request" and ("expired" in said or "revoked" in said)
    )


ENDPOINT: Final = Endpoint("LinkedIn", "LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET", _is_dead)


def refresh_token(grant: Grant) -> RefreshFlow:
    """``POST /oauth/v2/accessToken``; only apps that LinkedIn approved for it get refresh
    tokens."""
    if not grant.refresh_token:
        raise TokenRevoked("LinkedIn gave no refresh token: connect the account again")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_id": grant.client_id or "",
        "client_secret": grant.client_secret or "",
    }
    request = Request("POST", "/oauth/v2/accessToken", form=form, scheme=None)
    return (yield from oauth.refresh(ENDPOINT, request, grant.now))


def profile(asked: Account, now: datetime) -> ProfileFlow:
    """A Page or a member, with the number of followers where the app may see it."""
    if asked.platform_user_id.startswith(ORGANIZATION):
        return (yield from _page(asked, now))
    return (yield from _member(asked, now))


def _page(asked: Account, now: datetime) -> ProfileFlow:
    urn = asked.platform_user_id
    page_id = urn.removeprefix(ORGANIZATION)
    answer = yield from call(api.get(asked, f"organizations/{page_id}"))
    if not answer.ok:
        raise refusal(answer, now)
    page = answer.json()
    path = f"networkSizes/{api.encoded(urn)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    size = yield from call(api.get(asked, path))
    return Profile(
        platform_user_id=urn if page.get("id") is not None else None,
        username=words(page.get("vanityName")),
        display_name=words(page.get("localizedName")),
        followers=count(body(size).get("firstDegreeSize")),
    )


def _member(asked: Account, now: datetime) -> ProfileFlow:
    answer = yield from call(Request("GET", "/v2/userinfo"))
    if not answer.ok:
        raise refusal(answer, now)
    told = answer.json()
    found = yield from call(api.get(asked, "memberFollowersCount?q=me"))
    elements = body(found).get("elements")
    first = elements[0] if isinstance(elements, list) and elements else None
    return Profile(
        platform_user_id=words(told.get("sub")),
        display_name=words(told.get("name")),
        avatar=words(told.get("picture")),
        followers=count(within(first, "memberFollowersCount")),
    )
