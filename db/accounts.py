"""Tokens of accounts: replaced under a row lock, so that one process at a time refreshes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from db.engine import transaction

_LOCK: Final = text(
    "SELECT access_token, refresh_token, token_expires_at FROM social_accounts"
    " WHERE id = :id FOR NO KEY UPDATE"
)
_STORE: Final = text(
    "UPDATE social_accounts SET access_token = :access_token,"
    " refresh_token = coalesce(:refresh_token, refresh_token), token_expires_at = :expires_at,"
    " status = 'active', status_reason = NULL WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """As stored. ``expires_at=None``: the access token is good until it is revoked."""

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None


@contextmanager
def locked_tokens(engine: Engine, account_id: UUID) -> Iterator[tuple[Connection, SealedTokens]]:
    """The account's tokens, which nobody else replaces until the block ends and is committed."""
    with transaction(engine) as connection:
        row = connection.execute(_LOCK, {"id": account_id}).one()
        yield connection, SealedTokens(row.access_token, row.refresh_token, row.token_expires_at)


def store_tokens(connection: Connection, account_id: UUID, tokens: SealedTokens) -> None:
    """Replace the tokens; a missing refresh token leaves the old one in place."""
    connection.execute(
        _STORE,
        {
            "id": account_id,
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires_at": tokens.expires_at,
        },
    )
