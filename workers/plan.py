"""What a worker should do with a publication: decided from what was read, before any call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from db.leases import AccountRow, Held
from domain.accounts import AccountStatus
from domain.budgets import Cap
from domain.failures import (
    AccountUnusable,
    Failure,
    PermissionMissing,
    Rejected,
    Throttled,
    TokenExpired,
    TokenRevoked,
    TooLate,
)
from domain.limits import Limits, breaches
from domain.verdicts import is_too_late


@dataclass(frozen=True, slots=True)
class Publish:
    """Run the platform's publish flow."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An earlier publishing call has no clear answer: ask the platform."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not call the platform at all."""

    failure: Failure


Plan: TypeAlias = Publish | Ask | Refuse

BROKEN: Final[Mapping[AccountStatus, type[AccountUnusable]]] = {
    AccountStatus.REVOKED: TokenRevoked,
    AccountStatus.EXPIRED: TokenExpired,
    AccountStatus.ERROR: PermissionMissing,
    AccountStatus.PENDING: PermissionMissing,
}


def decide(held: Held, limits: Limits, caps: Sequence[Cap]) -> Plan:
    """An open question is settled before anything else; then what can be known to fail is refused
    without a call."""
    failure = _broken(held.account)
    if held.intent_at is not None:
        return Ask() if failure is None else Refuse(failure)
    failure = failure or _hindrance(held, limits) or _used_up(held, caps)
    return Publish() if failure is None else Refuse(failure)


def _broken(account: AccountRow) -> Failure | None:
    """What the account's status says; a publication of it is dispatched only when its time is
    over."""
    kind = BROKEN.get(account.status)
    if kind is None:
        return None
    reason = account.status_reason or f"its status is {account.status}"
    return kind(f"account @{account.username} has to be connected again: {reason}")


def _used_up(held: Held, caps: Sequence[Cap]) -> Failure | None:
    """A cap of the account that has no room: it is not tried, but waited for."""
    if "published_id" in held.checkpoint:
        return None  # it is public, and what follows it is not held up
    budget, kind = held.account.budget, held.content.kind
    for cap in caps:
        until = budget.opens(cap, kind, held.now)
        if until is not None:
            alone = cap.kinds is not None
            words = f"the account's cap on {cap.name} is used up"
            return Throttled(words, until=until, alone=alone)
    return None


def _hindrance(held: Held, limits: Limits) -> Failure | None:
    if is_too_late(held.now, held.give_up_at):
        return TooLate(
            f"it was due at {held.scheduled_for:%Y-%m-%d %H:%M:%S %Z} and its late window ended at"
            f" {held.give_up_at:%Y-%m-%d %H:%M:%S %Z}; retry the post to send it now"
        )
    found = breaches(held.content, limits)
    if found:
        words = "; ".join(f"{breach.field}: {breach.message}" for breach in found)
        return Rejected(words, item=found[0].field)
    return None
