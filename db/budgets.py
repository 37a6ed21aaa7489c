"""Caps that are used up, as times before which nothing is sent, and what platforms tell of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from domain.budgets import Budget
from domain.content import Platform

_CLOSE_PLATFORM: Final = text(
    "INSERT INTO platform_pauses (platform, paused_until, reason)"
    " VALUES (CAST(:platform AS platform), :until, :reason)"
    " ON CONFLICT (platform) DO UPDATE"
    " SET paused_until = greatest(platform_pauses.paused_until, excluded.paused_until),"
    " reason = excluded.reason, updated_at = now()"
)
_TOLD: Final = text(
    "UPDATE social_accounts SET budget = budget || jsonb_build_object('told', CAST(:told AS jsonb))"
    " WHERE id = :id"
)
_POSTED: Final = text(
    "SELECT floor(extract(epoch FROM published_at) / :seconds)::bigint AS place, count(*) AS posts"
    " FROM post_publications"
    " WHERE published_at > now() - :window AND platform = CAST(:platform AS platform) GROUP BY 1"
)


def close_platform(
    connection: Connection, platform: Platform, until: datetime, reason: str
) -> None:
    """Nothing is sent to the platform before ``until``."""
    connection.execute(_CLOSE_PLATFORM, {"platform": platform, "until": until, "reason": reason})


def keep_told(connection: Connection, account_id: UUID, budget: Budget) -> None:
    """Keep what the platform told of its cap; what was counted is not touched."""
    told = json.dumps(budget.as_json()["told"])
    connection.execute(_TOLD, {"id": account_id, "told": told})


def posted(
    connection: Connection, platform: Platform, window: timedelta, part: timedelta
) -> tuple[Mapping[int, int], datetime]:
    """What the whole application published within ``window``, by the ``part`` of time, and the
    database's clock, by which it was counted."""
    values = {"platform": platform, "window": window, "seconds": part.total_seconds()}
    now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return {row.place: row.posts for row in connection.execute(_POSTED, values)}, now
