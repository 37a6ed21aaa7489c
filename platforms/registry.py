"""The adapters, by platform; each looks at the media before it publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from domain.budgets import Cap
from domain.content import Platform
from platforms.adapter import Adapter
from platforms.examine import examined
from platforms.facebook.adapter import ADAPTER as FACEBOOK
from platforms.instagram.adapter import ADAPTER as INSTAGRAM
from platforms.linkedin.adapter import ADAPTER as LINKEDIN
from platforms.threads.adapter import ADAPTER as THREADS
from platforms.tiktok.adapter import ADAPTER as TIKTOK
from platforms.twitter.adapter import ADAPTER as TWITTER

ADAPTERS: Final[Mapping[Platform, Adapter]] = MappingProxyType(
    {
        adapter.platform: examined(adapter)
        for adapter in (FACEBOOK, INSTAGRAM, LINKEDIN, THREADS, TIKTOK, TWITTER)
    }
)


def app_caps(granted: Mapping[Platform, int | None]) -> Mapping[Platform, Cap]:
    """Caps on all posts of the application, by platform: as published, or as ``granted`` (0: no
    cap)."""
    found = {name: adapter.app_cap for name, adapter in ADAPTERS.items()}
    return {
        name: replace(cap, posts=granted.get(name) or cap.posts)
        for name, cap in found.items()
        if cap is not None and granted.get(name) != 0
    }
