"""What the simulated platforms know: accounts, posts, work in progress, and what is to go wrong."""

from __future__ import annotations

import itertools
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

CALLS_KEPT: Final = 10_000


@dataclass(slots=True)
class Account:
    """A connected account. ``expires_at`` is in monotonic seconds."""

    platform: str
    id: str
    token: str
    username: str
    refresh_token: str | None = None
    expires_at: float | None = None
    revoked: bool = False

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and time.monotonic() >= self.expires_at


@dataclass(frozen=True, slots=True)
class Post:
    """What the public sees; ``at`` is in seconds since 1970."""

    platform: str
    account: str
    id: str
    url: str
    kind: str
    text: str
    media: tuple[str, ...]
    at: float


@dataclass(slots=True)
class Container:
    """Something that is being made: it is ready after so many looks at it."""

    id: str
    account: Account
    kind: str
    text: str
    media: tuple[str, ...] = ()
    looks_left: int = 0
    failure: str | None = None
    published: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    def look(self) -> str:
        """Its state after one more look."""
        if self.published:
            return "PUBLISHED"
        if self.looks_left > 0:
            self.looks_left -= 1
            return "IN_PROGRESS"
        return "ERROR" if self.failure else "FINISHED"


@dataclass(slots=True)
class Fault:
    """Something that is to go wrong; ``times=0``: until it is taken away."""

    id: int
    action: str
    platform: str | None = None
    account: str | None = None
    step: str | None = None
    text_contains: str | None = None
    status: int = 500
    retry_after: float = 60.0
    seconds: float = 1.0
    times: int = 1
    hits: int = 0

    def strikes(self, platform: str, account: str | None, step: str, text: str) -> bool:
        """Whether it strikes this call."""
        return (
            (self.times == 0 or self.hits < self.times)
            and self.platform in (None, platform)
            and self.account in (None, account)
            and self.step in (None, step)
            and (self.text_contains is None or self.text_contains in text)
        )


@dataclass(slots=True)
class World:
    """Everything, in memory."""

    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    times_posted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    by_account: dict[tuple[str, str], list[Post]] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    processing_looks: int = 1
    latency: float = 0.0
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def number(self, prefix: int = 18) -> str:
        """A new id, of digits as the platforms' are."""
        return f"{prefix}{next(self.numbers):015d}"

    def enrol(self, account: Account) -> None:
        self.accounts[account.platform, account.token] = account

    def replace_token(self, account: Account, lifetime: float) -> None:
        """Give the account a new pair; the old one is dead."""
        del self.accounts[account.platform, account.token]
        account.token = f"{account.id}-token-{next(self.numbers)}"
        account.refresh_token = f"{account.id}-refresh-{next(self.numbers)}"
        account.expires_at = time.monotonic() + lifetime
        self.enrol(account)

    def by_refresh_token(self, platform: str, token: str | None) -> Account | None:
        mine = (a for a in self.accounts.values() if a.platform == platform and not a.revoked)
        return next((a for a in mine if token and a.refresh_token == token), None)

    def accept(
        self,
        account: Account,
        post_id: str,
        url: str,
        *,
        kind: str,
        text: str,
        media: tuple[str, ...] = (),
    ) -> Post:
        """A post becomes public: the entry that the tests count."""
        post = Post(
            account.platform,
            account.id,
            post_id,
            url,
            kind,
            text,
            media,
            at=time.time(),  # noqa: TID251  what a clock on the wall says
        )
        self.posts.append(post)
        self.times_posted[account.platform, account.id, text] += 1
        self.by_account.setdefault((account.platform, account.id), []).append(post)
        return post

    def posts_of(self, account: Account, since: float = 0.0) -> list[Post]:
        """Newest first."""
        mine = self.by_account.get((account.platform, account.id), [])
        return [post for post in reversed(mine) if post.at >= since]

    def has_text(self, account: Account, text: str) -> Post | None:
        """An earlier post of the same text."""
        if not self.times_posted[account.platform, account.id, text]:
            return None
        return next(post for post in self.posts_of(account) if post.text == text)

    def strike(self, platform: str, account: str | None, step: str, text: str) -> Fault | None:
        """The first fault that strikes this call, counted."""
        for fault in self.faults:
            if fault.strikes(platform, account, step, text):
                fault.hits += 1
                return fault
        return None

    def summary(self) -> Mapping[str, Any]:
        """Counts over the ledger; cheap however long it is."""
        twice = [
            {"platform": platform, "account": account, "text": text, "times": times}
            for (platform, account, text), times in self.times_posted.items()
            if times > 1
        ]
        return {
            "count": len(self.posts),
            "distinct": len(self.times_posted),
            "duplicates": twice,
            "by_platform": Counter(post.platform for post in self.posts),
        }

    def ledger(self, **wanted: str) -> list[dict[str, Any]]:
        """The posts, in order, that match every given field."""
        return [
            asdict(post)
            for post in self.posts
            if all(getattr(post, name) == value for name, value in wanted.items())
        ]
