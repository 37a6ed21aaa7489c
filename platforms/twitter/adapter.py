"""X, put together."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from domain.content import Platform
from platforms.adapter import Adapter
from platforms.twitter import account, insights, limits, posts, verify

ADAPTER: Final = Adapter(
    platform=Platform.TWITTER,
    limits=limits.LIMITS,
    publish=posts.publish,
    settle=posts.settle,
    verify=verify.verify,
    verify_batch=verify.BATCH,
    refresh_token=account.refresh_token,
    profile=account.profile,
    caps=account.CAPS,
    app_cap=account.APP_CAP,
    sync_every=timedelta(days=7),  # every read of a user is billed
    metrics=insights.METRICS,
)
