"""Tokens of accounts: one process at a time refreshes, and nothing is held while it asks.

A refresh is claimed on the row and committed, the platform is asked without a transaction, and the
pair is stored if the token is still the one that was seen. A claim ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from db.statements import statement
from domain.accounts import AccountStatus

REFRESH_LEASE: Final = timedelta(seconds=90)

_BEGIN: Final = statement("begin_refresh")
_READ: Final = text(
    "SELECT access_token, refresh_token, token_expires_at, token_stored_at,"
    " refreshed_at FROM social_accounts"
    " WHERE id = :id"
)
_STORE: Final = text(
    "UPDATE social_accounts SET access_token = :access_token,"
    " refresh_token = coalesce(nullif(:refresh_token, ''), refresh_token),"
    " token_expires_at = :expires_at, refreshed_at = clock_timestamp(), upkeep_at = :upkeep_at,"
    " status_reason = NULL"
    " WHERE id = :id AND access_token = :seen RETURNING token_stored_at"
)
_END: Final = text(
    "UPDATE social_accounts SET refresh_started_at = NULL"
    " WHERE id = :id AND refresh_started_at = :started_at"
)
_BREAK: Final = text(
    "UPDATE social_accounts SET status = CAST(:status AS account_status), status_reason = :reason,"
    " health = 'unhealthy', setbacks = :setbacks, refresh_started_at = NULL"
    " WHERE id = :id AND token_stored_at <= :token_stored_at AND status = 'active' RETURNING id"
)


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """As stored at ``stored_at``. ``expires_at=None``: good until it is revoked.
    ``refreshed_at``: by the engine; None since its owner connected the account."""

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    stored_at: datetime
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A refresh that this process alone may make, begun at ``now`` (the database's clock).
    ``interrupted_at``: an earlier one was begun then, and its answer was never stored."""

    refresh_token: str | None = field(repr=False)
    token_stored_at: datetime
    interrupted_at: datetime | None
    now: datetime


def begin_refresh(connection: Connection, account_id: UUID, seen: str) -> Begun | None:
    """Claim the refresh of the sealed token ``seen`` for a while; None: it has been replaced, or
    another process is at it."""
    row = connection.execute(
        _BEGIN, {"id": account_id, "seen": seen, "lease": REFRESH_LEASE}
    ).one_or_none()
    if row is None:
        return None
    return Begun(row.refresh_token, row.token_stored_at, row.interrupted_at, row.now)


def end_refresh(connection: Connection, account_id: UUID, begun: Begun) -> None:
    """Give the claim back: the platform surely kept the old pair."""
    connection.execute(_END, {"id": account_id, "started_at": begun.now})


def read_tokens(connection: Connection, account_id: UUID) -> SealedTokens:
    """What is stored now."""
    row = connection.execute(_READ, {"id": account_id}).one()
    return SealedTokens(
        row.access_token,
        row.refresh_token,
        row.token_expires_at,
        row.token_stored_at,
        row.refreshed_at,
    )


def store_tokens(
    connection: Connection,
    account_id: UUID,
    seen: str,
    *,
    access_token: str,
    refresh_token: str | None,
    expires_at: datetime | None,
    upkeep_at: datetime,
) -> datetime | None:
    """Replace the pair if ``seen`` is still the stored token, and end the claim; a missing refresh
    token leaves the old one in place. When it was stored; None: it was not."""
    stored_at: datetime | None = connection.execute(
        _STORE,
        {
            "id": account_id,
            "seen": seen,
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_at": expires_at,
            "upkeep_at": upkeep_at,
        },
    ).scalar_one_or_none()
    return stored_at


def mark_unusable(
    connection: Connection,
    account_id: UUID,
    *,
    status: AccountStatus,
    reason: str,
    setbacks: int,
    token_stored_at: datetime,
) -> bool:
    """Note what the platform holds against the account, unless it was connected anew after
    ``token_stored_at``. Whether it was noted."""
    return bool(
        connection.execute(
            _BREAK,
            {
                "id": account_id,
                "status": status,
                "reason": reason,
                "setbacks": setbacks,
                "token_stored_at": token_stored_at,
            },
        ).all()
    )
