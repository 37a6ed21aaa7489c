"""Why has it not gone out? The standing of a publication in words, from values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.accounts import AccountStatus
from domain.failures import FailureKind
from domain.states import Status
from domain.verdicts import SETTLE_AFTER

FOREVER = 9999  # the year in which what is sent however late is given up


@dataclass(frozen=True, slots=True)
class Situation:
    """One publication with what it waits for. Times are aware; ``now`` is the database's clock."""

    now: datetime
    status: Status
    post_status: Status
    username: str
    due_at: datetime | None
    next_attempt_at: datetime | None
    dispatched_at: datetime | None
    leased: bool
    intent_at: datetime | None
    published_at: datetime | None
    retry_count: int
    settle_count: int
    failure_kind: FailureKind | None
    error: str | None
    give_up_at: datetime | None
    account_status: AccountStatus
    account_reason: str | None
    account_paused_until: datetime | None
    platform_paused_until: datetime | None
    platform_pause_reason: str | None
    platform_out_since: datetime | None
    account_busy: bool
    asked_at: datetime | None
    verified_at: datetime | None
    removed_at: datetime | None


def explain(found: Situation) -> str:
    """One or two sentences: how it stands, what is next and when."""
    match found.status:
        case Status.DRAFT:
            return "It is a draft: nothing happens until its status is scheduled."
        case Status.SCHEDULED:
            return _scheduled(found)
        case Status.PUBLISHING:
            return _publishing(found)
        case Status.PUBLISHED:
            return _published(found)
        case Status.CANCELLED:
            return "It was cancelled before anything was sent."
        case Status.FAILED:
            return f"It failed ({found.failure_kind}): {found.error}. {_remedy(found)}"


def _scheduled(found: Situation) -> str:
    if found.post_status is Status.DRAFT:
        return "Its post is a draft: nothing happens until the post's status is scheduled."
    if found.due_at is None:
        return "Its post has no scheduled_at: set one."
    if found.due_at > found.now:
        return f"It is due at {_time(found.due_at)}, in {_span(found.now, found.due_at)}."
    return (
        f"It has been due for {_span(found.due_at, found.now)} and no scheduler has taken it up:"
        " is one running?"
    )


def _publishing(found: Situation) -> str:
    if found.asked_at is not None:
        return (
            f"It was due at {_time(found.due_at)}, its late window has ended, and its owner wants"
            " to be asked: `publishing posts retry` sends it now, `publishing posts cancel`"
            " withdraws it."
        )
    if found.leased:
        return "A worker is at it now."
    if found.dispatched_at is not None:
        return (
            f"It was sent to the queue {_span(found.dispatched_at, found.now)} ago and waits there."
        )
    return _at_rest(found)


def _at_rest(found: Situation) -> str:
    if found.account_status is not AccountStatus.ACTIVE:
        return _held(found)
    if found.intent_at is None:
        return _waiting(found)
    if found.failure_kind is FailureKind.NOT_READY:
        return (
            f"The platform has had it since {_time(found.intent_at)}; whether it is through is"
            f" looked at again at {_time(found.next_attempt_at)}."
        )
    return (
        f"It left at {_time(found.intent_at)} and no clear answer came ({found.error}). The"
        f" platform was asked {found.settle_count} of {len(SETTLE_AFTER)} times and is asked"
        f" again at {_time(found.next_attempt_at)}."
    )


def _held(found: Situation) -> str:
    reason = f" ({found.account_reason})" if found.account_reason else ""
    end = found.give_up_at
    limit = f" until {_time(end)}" if end is not None and end.year < FOREVER else ""
    return (
        f"It waits for @{found.username}, whose status is {found.account_status}{reason}. Connect"
        f" the account again (`publishing accounts connect`) and it goes out{limit}."
    )


def _waiting(found: Situation) -> str:
    at = found.next_attempt_at
    if at is not None and at > found.now:
        why = f": {found.error}" if found.error else ""
        return f"It goes again at {_time(at)}, in {_span(found.now, at)} ({_reason(found)}){why}."
    if found.account_paused_until is not None and found.account_paused_until > found.now:
        return f"Its account may not be used before {_time(found.account_paused_until)}."
    if found.platform_paused_until is not None and found.platform_paused_until > found.now:
        return (
            f"The platform is paused until {_time(found.platform_paused_until)}:"
            f" {found.platform_pause_reason}."
        )
    if found.platform_out_since is not None:
        return (
            f"The platform has been out since {_time(found.platform_out_since)}: one post at a time"
            " is sent to see whether that is over, and this one waits, which costs no retry."
        )
    if found.account_busy:
        return f"It waits for another post of @{found.username}: one of an account goes at a time."
    return "It is next: a scheduler sends it to the queue within a second."


def _reason(found: Situation) -> str:
    match found.failure_kind:
        case FailureKind.THROTTLED:
            return "a rate limit, which costs no retry"
        case FailureKind.NOT_READY:
            return "the platform is processing it, which costs no retry"
        case FailureKind.UNAVAILABLE:
            return f"retry {found.retry_count}"
    return "waiting for its time"


def _remedy(found: Situation) -> str:
    match found.failure_kind:
        case FailureKind.UNCONFIRMED:
            return "Look at the account, then answer with `publishing posts settle`."
        case FailureKind.TOKEN_EXPIRED | FailureKind.TOKEN_REVOKED | FailureKind.TOKEN_UNREADABLE:
            return f"Connect @{found.username} again, then `publishing posts retry`."
        case FailureKind.REJECTED | FailureKind.NO_TARGET:
            return "Change the post and schedule it again."
        case FailureKind.QUARANTINED:
            return "When the workers' logs show why and it is mended: `publishing posts retry`."
    return "When the cause is mended: `publishing posts retry`."


def _lateness(found: Situation) -> str:
    if found.due_at is None or found.published_at is None:
        return ""
    return f", {max((found.published_at - found.due_at).total_seconds(), 0):.1f} s after its time"


def _published(found: Situation) -> str:
    remark = f" But: {found.error}." if found.error else ""
    at = _time(found.published_at)
    return f"It was published at {at}{_lateness(found)}{_life(found)}.{remark}"


def _life(found: Situation) -> str:
    if found.removed_at is not None:
        return f", and the platform had it no longer at {_time(found.removed_at)}"
    if found.verified_at is not None:
        return f", and was seen there at {_time(found.verified_at)}"
    return ""


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else "an unknown time"


def _span(start: datetime, end: datetime) -> str:
    seconds = max(int((end - start).total_seconds()), 0)
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
