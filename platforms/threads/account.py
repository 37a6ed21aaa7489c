"""The account's side of Threads: tokens, profile."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.budgets import Cap
from domain.content import Json
from platforms import graph, graph_tokens
from platforms.adapter import Account, Grant, Profile, ProfileFlow, RefreshFlow
from platforms.flow import Answer, Request, call
from platforms.profile import body, count, meta_quota, within, words

VERSION: Final = "v1.0"
FIELDS: Final = "id,username,name,threads_profile_picture_url"
CAPS: Final = (Cap(250),)  # threads.md, section 4


def refresh_token(grant: Grant) -> RefreshFlow:
    return graph_tokens.refresh(grant, "th_refresh_token")


def profile(asked: Account, now: datetime) -> ProfileFlow:
    """``GET /me``, the followers from the insights where the app may see them, and the quota."""
    answer = yield from call(Request("GET", f"/{VERSION}/me", query={"fields": FIELDS}))
    user = graph.object_of(answer, now)
    node = f"/{VERSION}/{asked.platform_user_id}"
    insights = Request("GET", f"{node}/threads_insights", query={"metric": "followers_count"})
    followers = yield from call(insights)
    fields = {"fields": "quota_usage,config"}
    quota = yield from call(Request("GET", f"{node}/threads_publishing_limit", query=fields))
    return Profile(
        platform_user_id=words(user.get("id")),
        username=words(user.get("username")),
        display_name=words(user.get("name")),
        avatar=words(user.get("threads_profile_picture_url")),
        followers=_total(followers),
        quota=meta_quota(quota),
    )


def _total(answer: Answer) -> int | None:
    """``{"data":[{"name":"followers_count","total_value":{"value":321}}]}``"""
    metrics: Json = body(answer).get("data")
    first = metrics[0] if isinstance(metrics, list) and metrics else None
    return count(within(first, "total_value", "value"))
