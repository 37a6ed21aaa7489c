"""How publishing to an account has been going: health follows from outcomes and probes.

Setbacks are counted, and a success takes several back. What has become degraded is healthy again
only when all of them are made good, so that an account on the edge does not flicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.accounts import AccountHealth, AccountStatus
from domain.failures import FailureKind

DEGRADED_AT: Final = 3
UNHEALTHY_AT: Final = 8
MOST: Final = 10
MADE_GOOD: Final = 3


class Sign(StrEnum):
    """What an outcome says of the account."""

    GOOD = "good"  # published, or the platform answered a probe
    NEUTRAL = "neutral"  # a limit, refused content, a cancelled post
    BAD = "bad"  # the platform could not do it, or nobody knows whether it did
    BROKEN = "broken"  # nothing works until somebody connects the account again


HELD_AGAINST: Final = {
    FailureKind.TOKEN_REVOKED: AccountStatus.REVOKED,
    FailureKind.TOKEN_EXPIRED: AccountStatus.EXPIRED,
    FailureKind.TOKEN_UNREADABLE: AccountStatus.ERROR,
    FailureKind.PERMISSION_MISSING: AccountStatus.ERROR,
}


def sign_of(kind: FailureKind) -> Sign:
    """What a failure says of the account."""
    if kind in HELD_AGAINST:
        return Sign.BROKEN
    doubtful = kind in (FailureKind.UNAVAILABLE, FailureKind.UNCONFIRMED)
    return Sign.BAD if doubtful else Sign.NEUTRAL


@dataclass(frozen=True, slots=True)
class Condition:
    """Health with the setbacks that it follows from."""

    health: AccountHealth
    setbacks: int

    def after(self, sign: Sign) -> Condition:
        """The condition once ``sign`` was seen."""
        match sign:
            case Sign.NEUTRAL:
                return self
            case Sign.BROKEN:
                return Condition(AccountHealth.UNHEALTHY, MOST)
            case Sign.BAD:
                setbacks = min(self.setbacks + 1, MOST)
            case Sign.GOOD:
                setbacks = max(self.setbacks - MADE_GOOD, 0)
        return Condition(self._health(setbacks), setbacks)

    def _health(self, setbacks: int) -> AccountHealth:
        if setbacks == 0:
            return AccountHealth.HEALTHY
        if setbacks >= UNHEALTHY_AT:
            return AccountHealth.UNHEALTHY
        if self.health is AccountHealth.UNHEALTHY and setbacks >= DEGRADED_AT:
            return AccountHealth.UNHEALTHY
        if setbacks >= DEGRADED_AT or self.health is AccountHealth.UNHEALTHY:
            return AccountHealth.DEGRADED
        return self.health
