"""Keeps the application within the platforms' caps on all its posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from db import budgets
from db.engine import Engine
from domain.budgets import Budget, Cap
from domain.content import ContentType, Platform

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AppBudgets:
    """Safe to run anywhere, any number of times."""

    engine: Engine
    caps: Mapping[Platform, Cap]

    def run_once(self) -> None:
        """Count what was published, and pause a platform whose cap is used up until it opens."""
        for platform, cap in self.caps.items():
            with self.engine.connect() as connection:
                used, now = budgets.posted(connection, platform, cap.window + cap.part, cap.part)
                until = Budget({cap.name: used}).opens(cap, ContentType.TEXT, now)
                if until is not None:
                    reason = f"the application's cap of {cap.posts} posts is used up"
                    budgets.close_platform(connection, platform, until, reason)
                    log.warning("budget.used_up", platform=platform, until=until.isoformat())
