"""What to do about a failure: a pure decision, carried out by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from domain.failures import (
    AccountUnusable,
    Failure,
    FailureKind,
    NotReady,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)

FIRST_BACKOFF: Final = timedelta(seconds=30)
LONGEST_BACKOFF: Final = timedelta(minutes=15)
SOON: Final = timedelta(seconds=5)
SETTLE_AFTER: Final[Sequence[timedelta]] = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a publication stands when a failure is judged. ``now`` is the database's clock,
    ``give_up_at`` the end of the late window, ``max_retries`` how many count at most,
    ``intent_at`` when the publishing call was announced whose outcome is open."""

    now: datetime
    give_up_at: datetime
    retry_count: int
    settle_count: int
    max_retries: int
    intent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Send it again at ``at``; ``counts`` as a retry or was only a wait."""

    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class Settle:
    """Ask the platform at ``at`` whether it has the post."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Final; ``kind`` and ``message`` are stored."""

    kind: FailureKind
    message: str


Verdict: TypeAlias = TryAgain | Settle | GiveUp


def backoff(retry_count: int, draw: float) -> timedelta:
    """Full jitter over 30 s doubled for each retry so far, at most 15 minutes; ``draw`` is a
    random number from 0 up to 1. Never less than a second."""
    ceiling = min(FIRST_BACKOFF * (1 << min(retry_count, 10)), LONGEST_BACKOFF)
    return max(ceiling * draw, timedelta(seconds=1))


def judge(failure: Failure, standing: Standing, draw: float) -> Verdict:
    """Waits cost no retry; doubt is settled; what cannot be helped ends at once; the rest is tried
    again until the retries or the late window end."""
    match failure:
        case OutcomeUnknown():
            return settle_next(failure.message, standing)
        case Throttled() | AccountUnusable() | NotReady():
            return _within(standing, failure, TryAgain(_opens(failure, standing), counts=False))
        case Unavailable() if standing.retry_count < standing.max_retries:
            at = standing.now + backoff(standing.retry_count, draw)
            return _within(standing, failure, TryAgain(at, counts=True))
        case Unavailable():
            return GiveUp(failure.kind, f"{failure.message} (after {standing.retry_count} retries)")
        case _:
            return GiveUp(failure.kind, failure.message)


def send_again(failure: Failure, standing: Standing) -> Verdict:
    """It is surely not there: at once, as a retry, while there are some."""
    if standing.retry_count >= standing.max_retries:
        return GiveUp(failure.kind, f"{failure.message} (after {standing.retry_count} retries)")
    return _within(standing, failure, TryAgain(standing.now, counts=True))


def settle_next(why: str, standing: Standing) -> Verdict:
    """The next time to ask about an unknown outcome, counted from the announcement; at the end a
    person has to look."""
    if standing.settle_count < len(SETTLE_AFTER):
        due = (standing.intent_at or standing.now) + SETTLE_AFTER[standing.settle_count]
        return Settle(max(due, standing.now + SOON))
    return GiveUp(
        FailureKind.UNCONFIRMED,
        f"{why}. The platform was asked {standing.settle_count} times and could not tell: look at"
        " the account, then say with `publishing settle` whether the post is there",
    )


def is_too_late(now: datetime, give_up_at: datetime) -> bool:
    """Whether the late window has ended."""
    return now > give_up_at


def _within(standing: Standing, failure: Failure, again: TryAgain) -> Verdict:
    if is_too_late(again.at, standing.give_up_at):
        return GiveUp(failure.kind, f"{failure.message} (until the end of the late window)")
    return again


def _opens(failure: Throttled | AccountUnusable | NotReady, standing: Standing) -> datetime:
    """When a wait ends; that for an account at once, since it is the account that is waited for."""
    match failure:
        case Throttled(until=until):
            return max(until, standing.now + timedelta(seconds=1))
        case NotReady(after=after):
            return standing.now + timedelta(seconds=after)
        case AccountUnusable():
            return standing.now
