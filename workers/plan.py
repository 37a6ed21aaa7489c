"""What a worker should do with a publication: decided from what was read, before any call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from db.leases import Held
from domain.accounts import AccountStatus
from domain.failures import Failure, Rejected, TokenRevoked, TooLate
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


def decide(held: Held, limits: Limits) -> Plan:
    """An open question is settled before anything else; then what can be known to fail is refused
    without a call."""
    if held.intent_at is not None:
        return Ask()
    failure = _hindrance(held, limits)
    return Publish() if failure is None else Refuse(failure)


def _hindrance(held: Held, limits: Limits) -> Failure | None:
    if is_too_late(held.now, held.give_up_at):
        return TooLate(
            f"it was due at {held.scheduled_for:%Y-%m-%d %H:%M:%S %Z} and its late window ended at"
            f" {held.give_up_at:%Y-%m-%d %H:%M:%S %Z}; retry the post to send it now"
        )
    if held.account.status is AccountStatus.REVOKED:
        return TokenRevoked(
            f"account @{held.account.username}: connect it again ({held.account.status_reason})"
        )
    found = breaches(held.content, limits)
    if found:
        words = "; ".join(f"{breach.field}: {breach.message}" for breach in found)
        return Rejected(words, item=found[0].field)
    return None
