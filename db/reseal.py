"""Key rotation: every token sealed with the current key, in small batches, while all goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, text

from db.engine import transaction
from db.seal import Keyring
from domain.failures import TokenUnreadable

FIRST: Final = UUID(int=0)
_MARK: Final = text("SELECT set_config('publishing.reseal', 'on', true)")
_OLD: Final = (
    "(split_part(access_token, ':', 2) <> :key OR split_part(refresh_token, ':', 2) <> :key)"
)
_COUNT: Final = text(f"SELECT count(*) FROM social_accounts WHERE {_OLD}")  # noqa: S608  a constant
# A pair that is being replaced just now is left to the next run: its new one is told from the old
# by the sealed text.
_TAKE: Final = text(
    "SELECT id, access_token, refresh_token FROM social_accounts"  # noqa: S608  a constant
    f" WHERE id > :after AND {_OLD}"
    " AND (refresh_started_at IS NULL OR refresh_started_at < now() - interval '5 minutes')"
    " ORDER BY id LIMIT :batch FOR NO KEY UPDATE"
)
_STORE: Final = text(
    "UPDATE social_accounts SET access_token = :access_token, refresh_token = :refresh_token"
    " WHERE id = :id"
)
_USAGE: Final = text(
    "SELECT split_part(token, ':', 2) AS key, count(*) AS tokens"
    " FROM social_accounts, unnest(ARRAY[access_token, refresh_token]) AS token"
    " WHERE token IS NOT NULL GROUP BY 1 ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did; ``last`` is where the next one goes on, None: there is none."""

    resealed: int
    unreadable: Sequence[UUID]
    last: UUID | None


def left(engine: Engine, keyring: Keyring) -> int:
    """How many accounts have a token that is sealed with another key than the current one."""
    with engine.connect() as connection:
        count: int = connection.execute(_COUNT, {"key": keyring.current}).scalar_one()
    return count


def usage(engine: Engine) -> Sequence[dict[str, Any]]:
    """How many tokens each key seals."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(_USAGE).mappings()]


def reseal(engine: Engine, keyring: Keyring, *, after: UUID, batch: int) -> Batch:
    """The next ``batch`` accounts after ``after``, in one transaction. What cannot be opened
    stays as it is."""
    values = {"key": keyring.current, "after": after, "batch": batch}
    with transaction(engine) as connection:
        connection.execute(_MARK)
        rows = connection.execute(_TAKE, values).all()
        unreadable = []
        for row in rows:
            try:
                sealed = {
                    column: _resealed(keyring, row.id, column, getattr(row, column))
                    for column in ("access_token", "refresh_token")
                }
            except TokenUnreadable:
                unreadable.append(row.id)
                continue
            connection.execute(_STORE, {"id": row.id, **sealed})
    return Batch(len(rows) - len(unreadable), unreadable, rows[-1].id if rows else None)


def _resealed(keyring: Keyring, row: UUID, column: str, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    return keyring.seal(keyring.open(sealed, row=row, column=column), row=row, column=column)
