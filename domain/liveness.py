"""Proof of life: when to look whether a post is really there, and what to make of what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SECOND_LOOK: Final = timedelta(minutes=15)
AGAIN: Final = timedelta(minutes=2)
SLACK: Final = timedelta(minutes=1)


class Sight(StrEnum):
    """What a look at the platform says of one post."""

    THERE = "there"
    GONE = "gone"
    UNTOLD = "untold"  # the platform could not tell, or could not be asked


@dataclass(frozen=True, slots=True)
class Watch:
    """One post that is watched. ``missing_at``: it was gone at the last look already."""

    published_at: datetime
    missing_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be kept. ``look_at``: when to look next; None: never again. ``removed``: it is
    gone, and this is the second time in a row that the platform says so."""

    sight: Sight
    look_at: datetime | None
    removed: bool = False


def judge_sight(sight: Sight, watch: Watch, now: datetime) -> Finding:
    """The first look comes two minutes after a post was published, the second after fifteen.
    Platforms say "gone" by mistake too: only the second time in a row is believed."""
    if sight is Sight.GONE and watch.missing_at is not None:
        return Finding(sight, None, removed=True)
    if sight is Sight.GONE:
        return Finding(sight, now + AGAIN)
    second = watch.published_at + SECOND_LOOK
    if sight is Sight.THERE and watch.missing_at is not None:
        return Finding(sight, max(second, now + AGAIN))
    return Finding(sight, second if now + SLACK < second else None)
