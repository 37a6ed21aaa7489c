"""The adapters, by platform."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.content import Platform
from platforms import facebook, instagram, linkedin, threads, tiktok, twitter
from platforms.flow import Adapter

ADAPTERS: Final[Mapping[Platform, Adapter]] = MappingProxyType(
    {
        module.ADAPTER.platform: module.ADAPTER
        for module in (facebook, instagram, linkedin, threads, tiktok, twitter)
    }
)
