"""Windows of calls: so many of a kind in so many seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

QUARTER_HOUR: Final = 900
MINUTE: Final = 60
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in a fixed window, of an account or (``app``) of all of them together."""

    name: str
    count: int
    seconds: int
    app: bool = False


#: Quotas that are counted from the ledger, over the last 24 hours.
QUOTAS: Final = {
    ("threads", "posts"): 250,
    ("threads", "replies"): 1000,
    ("instagram", "posts"): 100,
    ("facebook", "reels"): 30,
    ("tiktok", "posts"): 15,
}


@dataclass(frozen=True, slots=True)
class Window:
    """How a limit stands: ``reset`` is in seconds since 1970."""

    limit: int
    remaining: int
    reset: float
    exceeded: bool = False


@dataclass(slots=True)
class Windows:
    """All of them. ``enforced=False`` counts, and refuses nothing."""

    enforced: bool = True
    counts: dict[tuple[str, str, str, int], int] = field(default_factory=dict)
    overrides: dict[tuple[str, str, str | None], int] = field(default_factory=dict)

    def take(self, platform: str, account: str, limit: Limit, now: float) -> Window:
        """Count one call."""
        who = "" if limit.app else account
        allowed = self.allowed(platform, account, limit.name, limit.count)
        number = int(now // limit.seconds)
        key = (platform, who, f"{limit.name} {limit.seconds}", number)
        taken = self.counts.get(key, 0) + 1
        self.counts[key] = taken
        return Window(
            limit=allowed,
            remaining=max(0, allowed - taken),
            reset=float((number + 1) * limit.seconds),
            exceeded=self.enforced and taken > allowed,
        )

    def quota(self, platform: str, account: str, name: str) -> int:
        """How many posts of a kind the account may make in 24 hours."""
        return self.allowed(platform, account, name, QUOTAS[platform, name])

    def allowed(self, platform: str, account: str, name: str, usual: int) -> int:
        """How many of this name the account may make: what a test has set, else the usual."""
        for who in (account, None):
            if (platform, name, who) in self.overrides:
                return self.overrides[platform, name, who]
        return usual
