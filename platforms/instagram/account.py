"""The account's side of Instagram: tokens, profile."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.budgets import Cap
from platforms import graph, graph_tokens
from platforms.adapter import Account, Grant, Profile, ProfileFlow, RefreshFlow
from platforms.flow import Request, call
from platforms.instagram.posts import VERSION
from platforms.profile import count, meta_quota, words

FIELDS: Final = "id,username,name,profile_picture_url,followers_count,follows_count,media_count"
# Meta says 100 and, elsewhere, 50; the quota that `profile` reads tells (instagram.md, section 4).
CAPS: Final = (Cap(50),)


def refresh_token(grant: Grant) -> RefreshFlow:
    return graph_tokens.refresh(grant, "ig_refresh_token")


def profile(asked: Account, now: datetime) -> ProfileFlow:
    """``GET /{ig-id}``, which both login variants have, and the quota: how many posts a day it
    allows, Instagram says there and differently elsewhere (fact sheet, section 4)."""
    node = f"/{VERSION}/{asked.platform_user_id}"
    answer = yield from call(Request("GET", node, query={"fields": FIELDS}))
    user = graph.object_of(answer, now)
    fields = {"fields": "quota_usage,config"}
    quota = yield from call(Request("GET", f"{node}/content_publishing_limit", query=fields))
    return Profile(
        platform_user_id=words(user.get("id")),
        username=words(user.get("username")),
        display_name=words(user.get("name")),
        avatar=words(user.get("profile_picture_url")),
        followers=count(user.get("followers_count")),
        following=count(user.get("follows_count")),
        posts=count(user.get("media_count")),
        quota=meta_quota(quota),
    )
