"""Looking whether what was published is really there: what is due, and what was seen.

Every function is one statement; times are the database's. The rules are in `domain.liveness`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from db.connected import Connected, connected
from db.statements import statement
from domain.content import Platform
from domain.liveness import Finding, Sight, Watch
from domain.messages import Check

WINDOW: Final = 1000
LATER: Final = timedelta(minutes=5)
PATIENCE: Final = timedelta(minutes=10)

_DUE: Final = statement("due_checks")
_PUT_OFF: Final = statement("put_off_checks")
_TAKE: Final = statement("take_checks")
_RECORD: Final = statement("record_sights")


@dataclass(frozen=True, slots=True)
class Watched:
    """A publication to look for."""

    id: UUID
    platform_post_id: str
    watch: Watch


@dataclass(frozen=True, slots=True)
class Visit:
    """An account, and what to look for there."""

    account: Connected
    watched: Sequence[Watched]


def due(connection: Connection, platforms: Collection[Platform], *, accounts: int) -> list[Check]:
    """At most ``accounts`` accounts with posts to look for, on these platforms, the longest due
    first. Those that are paused or broken, or whose platform is, are left out."""
    values = {"platforms": list(platforms), "window": WINDOW, "accounts": accounts}
    rows = connection.execute(_DUE, values)
    return [Check(row.social_account_id, Platform(row.platform)) for row in rows]


def put_off(connection: Connection) -> None:
    """Let what has been due for ten minutes come up again later."""
    connection.execute(_PUT_OFF, {"patience": PATIENCE, "later": PATIENCE, "window": WINDOW})


def take(connection: Connection, account_id: UUID, *, most: int) -> Visit | None:
    """Up to ``most`` posts of the account to look for now; no other worker gets them meanwhile.
    None: there is nothing to look for."""
    values = {"account": account_id, "most": most, "later": LATER}
    rows = connection.execute(_TAKE, values).all()
    if not rows:
        return None
    watched = [
        Watched(row.id, row.platform_post_id, Watch(row.published_at, row.missing_at))
        for row in rows
    ]
    return Visit(connected(rows[0]), watched)


def record(connection: Connection, found: Sequence[tuple[Watched, Finding]]) -> None:
    """Keep what was seen, and when to look next."""
    values = {
        "ids": [watched.id for watched, _ in found],
        "there": [finding.sight is Sight.THERE for _, finding in found],
        "gone": [finding.sight is Sight.GONE for _, finding in found],
        "removed": [finding.removed for _, finding in found],
        "look_ats": [finding.look_at for _, finding in found],
    }
    connection.execute(_RECORD, values)
