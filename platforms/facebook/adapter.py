"""Facebook Pages, put together."""

from __future__ import annotations

from typing import Final

from domain.content import Platform
from platforms.facebook import limits, posts
from platforms.flow import Adapter

ADAPTER: Final = Adapter(
    platform=Platform.FACEBOOK,
    limits=limits.LIMITS,
    publish=posts.publish,
    settle=posts.settle,
    refresh_token=None,
)
