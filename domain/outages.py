"""Outage sense: when a platform as a whole is out, and when it is back. Pure rules.

An outage is seen across accounts: what fails for one account is that account's affair. While it
lasts everything of the platform waits, at no cost of attempts, and one publication at a time is
sent to see whether it is over. Accounts are never disconnected by it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.attempts import AttemptEvent
from domain.content import Platform

WINDOW: Final = timedelta(minutes=1)
LEAST_ACCOUNTS: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of a platform's calls within `WINDOW`: ``setbacks`` that the platform's servers
    are to blame for, among ``accounts`` different accounts, and ``successes``."""

    platform: Platform
    accounts: int
    setbacks: int
    successes: int


class Sign(StrEnum):
    """What the probe tells."""

    BACK = "back"
    STILL_OUT = "still out"
    NOTHING_YET = "nothing yet"


def is_out(evidence: Evidence) -> bool:
    """Several accounts fail, and more calls fail than succeed."""
    return evidence.accounts >= LEAST_ACCOUNTS and evidence.setbacks > evidence.successes


def sign(events: Collection[AttemptEvent]) -> Sign:
    """What the events of the one publication sent as a probe say. Any answer of the platform's
    own, a refusal too, shows that it is back; a lost worker shows nothing."""
    if {AttemptEvent.RETRY, AttemptEvent.UNKNOWN} & set(events):
        return Sign.STILL_OUT
    if set(events) - {AttemptEvent.INTENT, AttemptEvent.LOST}:
        return Sign.BACK
    return Sign.NOTHING_YET


def pause(streak: int) -> timedelta:
    """How long nothing is sent, after ``streak`` pauses in a row before it: 15 seconds, doubled
    each time, at most five minutes."""
    return min(FIRST_PAUSE * (1 << min(streak, 10)), LONGEST_PAUSE)
