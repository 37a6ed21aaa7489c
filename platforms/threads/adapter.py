"""Threads, put together."""

from __future__ import annotations

from typing import Final

from domain.content import Platform
from platforms import graph_tokens
from platforms.adapter import Adapter
from platforms.threads import account, insights, limits, posts, verify

ADAPTER: Final = Adapter(
    platform=Platform.THREADS,
    limits=limits.LIMITS,
    publish=posts.publish,
    settle=posts.settle,
    verify=verify.verify,
    verify_batch=verify.BATCH,
    refresh_token=account.refresh_token,
    profile=account.profile,
    caps=account.CAPS,
    needs_refresh_token=False,
    refresh_age=graph_tokens.YOUNGEST,
    metrics=insights.METRICS,
)
