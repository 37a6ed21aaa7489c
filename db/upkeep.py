"""Accounts that are looked after: claimed when due, read, and put back with what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.connected import Connected
from db.statements import statement
from domain.accounts import AccountHealth, AccountStatus
from domain.content import JsonObject, Platform
from domain.health import Condition
from domain.messages import UpkeepCall

PATIENCE: Final = timedelta(minutes=10)
LONGEST_USERNAME: Final = 255
LONGEST_DISPLAY_NAME: Final = 500

_CLAIM: Final = statement("claim_upkeep")
_PROFILE: Final = statement("save_profile")
_READ: Final = text(
    "SELECT id, platform, platform_user_id, username, metadata, status, health, setbacks,"
    " access_token, refresh_token IS NOT NULL AS has_refresh_token, token_expires_at,"
    " token_stored_at, last_synced_at, budget, clock_timestamp() AS now"
    " FROM social_accounts WHERE id = :id"
)
_SAVE: Final = text(
    "UPDATE social_accounts SET health = CAST(:health AS account_health), setbacks = :setbacks,"
    " status_reason = coalesce(:reason, status_reason), upkeep_at = :upkeep_at WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class Kept(Connected):
    """An account as upkeep finds it."""

    status: AccountStatus
    condition: Condition
    has_refresh_token: bool
    last_synced_at: datetime | None
    budget: JsonObject


@dataclass(frozen=True, slots=True)
class Figures:
    """What the platform told of an account; None leaves the row as it is."""

    username: str | None
    display_name: str | None
    avatar: str | None
    followers: int | None
    following: int | None
    posts: int | None


def claim(connection: Connection, *, room: int) -> list[UpkeepCall]:
    """At most ``room`` accounts that are due. Each is due again in ten minutes unless its upkeep
    has been done by then."""
    rows = connection.execute(_CLAIM, {"room": room, "patience": PATIENCE})
    return [UpkeepCall(row.id, row.number) for row in rows]


def read(connection: Connection, account_id: UUID) -> Kept | None:
    """None: there is no such account any more."""
    row = connection.execute(_READ, {"id": account_id}).one_or_none()
    if row is None:
        return None
    return Kept(
        id=row.id,
        platform=Platform(row.platform),
        platform_user_id=row.platform_user_id,
        username=row.username,
        metadata=row.metadata,
        access_token=row.access_token,
        token_expires_at=row.token_expires_at,
        token_stored_at=row.token_stored_at,
        now=row.now,
        status=AccountStatus(row.status),
        condition=Condition(AccountHealth(row.health), row.setbacks),
        has_refresh_token=row.has_refresh_token,
        last_synced_at=row.last_synced_at,
        budget=row.budget,
    )


def save_profile(connection: Connection, account_id: UUID, found: Figures) -> None:
    """Names that are longer than their columns are cut."""
    connection.execute(
        _PROFILE,
        {
            "id": account_id,
            "username": found.username and found.username[:LONGEST_USERNAME],
            "display_name": found.display_name and found.display_name[:LONGEST_DISPLAY_NAME],
            "avatar": found.avatar,
            "followers": found.followers,
            "following": found.following,
            "posts": found.posts,
        },
    )


def put_back(
    connection: Connection,
    account_id: UUID,
    condition: Condition,
    upkeep_at: datetime,
    reason: str | None = None,
) -> None:
    """Note the condition and when to look again; ``reason`` warns of what is to come."""
    connection.execute(
        _SAVE,
        {
            "id": account_id,
            "health": condition.health,
            "setbacks": condition.setbacks,
            "reason": reason,
            "upkeep_at": upkeep_at,
        },
    )
