"""When an account is looked after: its token refreshed ahead of its end, its profile read anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

REFRESH_AFTER: Final = 0.75  # of a token's life
SPREAD: Final = 0.1
LATEST: Final = timedelta(days=1)
FIRST_WAIT: Final = timedelta(minutes=2)
ENDING: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What upkeep goes by. ``expires_at=None``: the token has no end. ``refreshable``: the platform
    gives a new token without the account's owner."""

    token_stored_at: datetime
    expires_at: datetime | None
    refreshable: bool
    refresh_age: timedelta
    last_synced_at: datetime | None
    sync_every: timedelta

    def wants_refresh(self, now: datetime) -> bool:
        """Three quarters of the token's life are over."""
        point = self._refresh_from(REFRESH_AFTER)
        return point is not None and now >= point

    def wants_sync(self, now: datetime) -> bool:
        """The profile was never read, or about ``sync_every`` ago."""
        last = self.last_synced_at
        return last is None or now >= last + self.sync_every * (1 - SPREAD)

    def is_ending(self, now: datetime) -> bool:
        """The token ends within days and only the account's owner can renew it."""
        return (
            self.expires_at is not None and not self.refreshable and now > self.expires_at - ENDING
        )

    def next_after(self, now: datetime, draw: float) -> datetime:
        """When to look again after all went well; ``draw``, from 0 up to 1, spreads the accounts.
        At the latest in a day."""
        times = [now + LATEST]
        if self.last_synced_at is not None:
            part = 1 - SPREAD + 2 * SPREAD * draw
            times.append(self.last_synced_at + self.sync_every * part)
        point = self._refresh_from(REFRESH_AFTER + SPREAD * draw)
        if point is not None:
            times.append(point)
        return max(min(times), now + FIRST_WAIT)

    def _refresh_from(self, part: float) -> datetime | None:
        if self.expires_at is None or not self.refreshable:
            return None
        point = self.token_stored_at + (self.expires_at - self.token_stored_at) * part
        return max(point, self.token_stored_at + self.refresh_age)


def again_after_failure(now: datetime, setbacks: int, draw: float) -> datetime:
    """Two minutes, doubled for each setback, at most four hours, of which at least half."""
    wait = min(FIRST_WAIT * (1 << min(setbacks, 7)), timedelta(hours=4))
    return now + wait * (0.5 + draw / 2)
