"""Instagram, put together."""

from __future__ import annotations

from typing import Final

from domain.content import JsonObject, Platform
from platforms import graph_tokens
from platforms.adapter import Adapter
from platforms.instagram import account, insights, limits, posts, verify


def host(metadata: JsonObject) -> str:
    """Accounts that were connected by a Facebook login have a host of their own."""
    return "instagram_facebook" if metadata.get("login") == "facebook" else Platform.INSTAGRAM


ADAPTER: Final = Adapter(
    platform=Platform.INSTAGRAM,
    limits=limits.LIMITS,
    publish=posts.publish,
    settle=posts.settle,
    host=host,
    verify=verify.verify,
    verify_batch=verify.BATCH,
    refresh_token=account.refresh_token,
    profile=account.profile,
    caps=account.CAPS,
    needs_refresh_token=False,
    refresh_age=graph_tokens.YOUNGEST,
    metrics=insights.METRICS,
)
