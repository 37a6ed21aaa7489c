"""The life of a post and of each of its publications: the states, and the moves between them.

The database refuses every other move (trigger ``_200_refuse_illegal_move``); a test compares the
two tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """States of a post and of a publication (the same six)."""

    DRAFT = "draft"  # being written; the engine leaves it alone
    SCHEDULED = "scheduled"  # goes out when its time comes
    PUBLISHING = "publishing"  # due: queued, in flight, waiting to try again, or being settled
    PUBLISHED = "published"  # on the platform; nothing moves it again
    FAILED = "failed"  # will not go out by itself; a person may retry it
    CANCELLED = "cancelled"  # withdrawn before anything was sent


MOVES: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.DRAFT: frozenset({Status.SCHEDULED, Status.CANCELLED}),
        Status.SCHEDULED: frozenset(
            {Status.DRAFT, Status.PUBLISHING, Status.FAILED, Status.CANCELLED}
        ),
        Status.PUBLISHING: frozenset({Status.PUBLISHED, Status.FAILED, Status.CANCELLED}),
        Status.PUBLISHED: frozenset(),
        Status.FAILED: frozenset(
            {Status.SCHEDULED, Status.PUBLISHING, Status.PUBLISHED, Status.CANCELLED}
        ),
        Status.CANCELLED: frozenset({Status.DRAFT, Status.SCHEDULED}),
    }
)


def roll_up(publications: Collection[Status]) -> Status:
    """The state of a post once any of its publications has ended.

    Something still on its way: publishing. Otherwise anything failed: failed. Otherwise anything
    published: published. Otherwise all were withdrawn: cancelled. Drafts do not count.
    Raises ValueError when nothing counts.
    """
    counted = set(publications) - {Status.DRAFT}
    for status in (Status.PUBLISHING, Status.FAILED, Status.PUBLISHED, Status.CANCELLED):
        if status in counted or (status is Status.PUBLISHING and Status.SCHEDULED in counted):
            return status
    raise ValueError("a post without publications has no outcome")
