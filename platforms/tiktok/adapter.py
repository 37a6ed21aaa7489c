"""TikTok, put together."""

from __future__ import annotations

from typing import Final

from domain.content import Platform
from platforms.adapter import Adapter
from platforms.tiktok import account, insights, limits, posts, verify

ADAPTER: Final = Adapter(
    platform=Platform.TIKTOK,
    limits=limits.LIMITS,
    publish=posts.publish,
    settle=posts.settle,
    verify=verify.verify,
    verify_batch=verify.BATCH,
    refresh_token=account.refresh_token,
    profile=account.profile,
    caps=account.CAPS,
    metrics=insights.METRICS,
)
