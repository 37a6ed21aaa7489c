"""Figures that grow with time: quick at first, then ever slower, different for each post."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Final

from sandbox.accounts import Account
from sandbox.ledger import Post

HALF_OF_IT: Final = 36 * 3600.0
DAY: Final = 86_400.0
#: The share of the impressions that each figure comes to.
SHARES: Final = {
    "impressions": 1.0,
    "reach": 0.74,
    "views": 1.0,
    "likes": 0.05,
    "comments": 0.008,
    "shares": 0.006,
    "quotes": 0.002,
    "saves": 0.01,
    "clicks": 0.02,
    "profile_visits": 0.004,
    "follows": 0.001,
}


@dataclass(slots=True)
class Growth:
    """``scale`` multiplies what posts come to in the end; ``followers_a_day`` is per account."""

    scale: float = 1.0
    followers_a_day: float = 3.0

    def of(self, post: Post, name: str, now: float) -> int:
        """A figure of a post: what a test has set, else by its age."""
        if name in post.figures:
            return post.figures[name]
        age = max(0.0, now - post.at)
        reached = self._end(post.id) * (1 - math.exp(-age / HALF_OF_IT * math.log(2)))
        return int(reached * SHARES[name])

    def followers(self, account: Account, now: float) -> int:
        days = max(0.0, now - account.since) / DAY
        return account.followers + int(days * self.followers_a_day)

    def _end(self, post_id: str) -> float:
        """The impressions in the end: 500 to 5,000."""
        return self.scale * (500 + zlib.crc32(post_id.encode()) % 4500)
