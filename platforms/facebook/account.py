"""The account's side of Facebook Pages: profile. A Page's token has no end and no refresh."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.budgets import Cap
from domain.content import ContentType
from platforms import graph
from platforms.adapter import Account, Profile, ProfileFlow
from platforms.facebook.media import VERSION
from platforms.flow import Request, call
from platforms.profile import count, within, words

FIELDS: Final = "id,name,username,followers_count,fan_count,picture{url}"
# Reels: facebook.md, section 3; for other posts no number is published.
CAPS: Final = (Cap(30, name="reels", kinds=frozenset({ContentType.REEL})),)


def profile(asked: Account, now: datetime) -> ProfileFlow:
    """``GET /{page}``."""
    path = f"/{VERSION}/{asked.platform_user_id}"
    page = graph.object_of((yield from call(Request("GET", path, query={"fields": FIELDS}))), now)
    followers = count(page.get("followers_count"))
    return Profile(
        platform_user_id=words(page.get("id")),
        username=words(page.get("username")),
        display_name=words(page.get("name")),
        avatar=words(within(page.get("picture"), "data", "url")),
        followers=count(page.get("fan_count")) if followers is None else followers,
    )
