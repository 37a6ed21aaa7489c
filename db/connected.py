"""A connected account, as whoever calls its platform reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.content import JsonObject, Platform


@dataclass(frozen=True, slots=True)
class Connected:
    """As read at ``now`` (the database's clock). The token is sealed."""

    id: UUID
    platform: Platform
    platform_user_id: str
    username: str
    metadata: JsonObject
    access_token: str | None = field(repr=False)
    token_expires_at: datetime | None
    token_stored_at: datetime
    now: datetime


def connected(row: Any) -> Connected:
    """From a row whose ``social_account_id`` is the account's id."""
    return Connected(
        id=row.social_account_id,
        platform=Platform(row.platform),
        platform_user_id=row.platform_user_id,
        username=row.username,
        metadata=row.metadata,
        access_token=row.access_token,
        token_expires_at=row.token_expires_at,
        token_stored_at=row.token_stored_at,
        now=row.now,
    )
