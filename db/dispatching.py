"""Releasing what is due, dispatching what waits, and taking back what was lost.

Every function is one statement and returns what it changed; with a connection in autocommit it is
committed when the function returns. Times are the database's.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from db.statements import driven, statement
from domain.content import Platform
from domain.messages import Dispatch

_RELEASE: Final = driven(statement("release"))
_NEXT_DUE: Final = driven(statement("next_due"))
_WAITING: Final = driven(statement("waiting"))
_DISPATCH: Final = driven(statement("dispatch"))
_RECALL: Final = statement("recall")
_UNHEARD: Final = statement("unheard")
_REAP: Final = statement("reap_leases")
_COUNT: Final = statement("count_reaped")

LATE_SPACING: Final = timedelta(minutes=2)
OVERDUE: Final = timedelta(minutes=5)
NOWHERE: Final[Mapping[Platform, int]] = {}


class Raced(Exception):
    """Another scheduler took the same account in the same moment; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Released:
    """How many due posts and publications moved on, and what of these was dispatched at once. All
    that was due until ``taken_until`` is taken, but for what was not committed yet, what somebody
    else has locked, and what was left out. ``crowding`` names the users who have more than a
    quarter of them."""

    posts: int
    publications: int
    dispatches: Sequence[Dispatch]
    taken_until: datetime
    crowding: Collection[UUID]


def release(
    connection: Connection,
    *,
    batch: int,
    low_water: datetime | None,
    late_window: timedelta,
    rooms: Mapping[Platform, int] = NOWHERE,
    crowding: Collection[UUID] = (),
) -> Released:
    """Move due posts to publishing, oldest first, at most ``batch``, none of users in
    ``crowding``. With ``low_water``, only those due since then. The late window (the post's own,
    or ``late_window``) runs from the time that it is due, or from when the post was last written,
    whichever is later. What is on time, and whose account has nothing else under way, is numbered a
    dispatch at once, at most ``rooms`` of each platform. Raises `Raced`, with ``rooms`` alone."""
    values = {
        "batch": batch,
        "low_water": low_water or "-infinity",
        "late_window": late_window,
        "overdue": OVERDUE,
        "rooms": json.dumps(rooms),
        "crowding": list(crowding),
    }
    try:
        row = connection.exec_driver_sql(_RELEASE, values).one()
    except IntegrityError:
        if not rooms:
            raise
        raise Raced from None
    dispatches = [
        Dispatch(UUID(publication), number, Platform(platform))
        for publication, number, platform in row.dispatches or ()
    ]
    return Released(row.posts, row.publications, dispatches, row.taken_until, row.crowding)


def next_due(connection: Connection, *, after: datetime | None) -> float | None:
    """Seconds until the next post that is scheduled for later than ``after`` is due, negative when
    one is; None: none is scheduled."""
    seconds: float | None = connection.exec_driver_sql(
        _NEXT_DUE, {"after": after or "-infinity"}
    ).scalar_one()
    return seconds


def waiting(connection: Connection) -> tuple[bool, bool]:
    """Whether any publication waits, be it due or not, and whether a platform is out."""
    row = connection.exec_driver_sql(_WAITING).one()
    return row.waits, row.outage


def dispatch(
    connection: Connection, rooms: Mapping[Platform, int], *, spacing: timedelta = LATE_SPACING
) -> list[Dispatch]:
    """Number a dispatch for the first waiting publication of every idle account, at most
    ``rooms`` of each platform. What an account has overdue by five minutes or more goes at least
    ``spacing`` after its last post. Raises `Raced`."""
    values = {"rooms": json.dumps(rooms), "spacing": spacing, "overdue": OVERDUE}
    try:
        rows = connection.exec_driver_sql(_DISPATCH, values).all()
    except IntegrityError:
        raise Raced from None
    return [Dispatch(row.id, row.dispatch_number, Platform(row.platform)) for row in rows]


def recall(connection: Connection, dispatches: Sequence[Dispatch]) -> int:
    """Make dispatches void that no worker has taken up; how many there were."""
    result = connection.execute(
        _RECALL,
        {
            "ids": [dispatch.publication_id for dispatch in dispatches],
            "numbers": [dispatch.number for dispatch in dispatches],
        },
    )
    return len(result.all())


def unheard(
    connection: Connection, *, silence: timedelta, hopeless: timedelta, batch: int
) -> list[tuple[Dispatch, bool]]:
    """Dispatches not taken up for ``silence``, and whether for ``hopeless``, oldest first."""
    rows = connection.execute(_UNHEARD, {"silence": silence, "hopeless": hopeless, "batch": batch})
    return [
        (Dispatch(row.id, row.dispatch_number, Platform(row.platform)), row.hopeless)
        for row in rows
    ]


def reap_leases(
    connection: Connection, *, settle_after: timedelta, crashes: int, batch: int
) -> dict[str, int]:
    """Take back publications whose lease has run out, and put those in quarantine that have cost
    ``crashes`` workers. How many, by cause."""
    rows = connection.execute(
        _REAP, {"settle_after": settle_after, "crashes": crashes, "batch": batch}
    )
    return {row.cause: row.found for row in rows}


def count_reaped(connection: Connection, causes: Mapping[str, int]) -> None:
    """Add to the counters that `publishing status` shows."""
    connection.execute(_COUNT, {"causes": list(causes), "counts": list(causes.values())})
