"""What the platforms accepted: the judge of "exactly once"."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any


@dataclass(slots=True)
class Comment:
    """A comment that the account itself wrote beneath its post."""

    id: str
    text: str
    at: float


@dataclass(slots=True)
class Post:
    """A post as it was accepted; ``shown`` is the text as the platform shows it.

    Times are in seconds since 1970. It is listed from ``visible_at`` on and gone at ``removed_at``.
    """

    platform: str
    account: str
    id: str
    url: str
    kind: str
    text: str
    media: tuple[str, ...]
    at: float
    fingerprint: str
    shown: str
    reply_to: str | None = None
    visible_at: float = 0.0
    removed_at: float | None = None
    comments: list[Comment] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)

    def there(self, now: float) -> bool:
        """Whether it has not been removed."""
        return self.removed_at is None or now < self.removed_at

    def visible(self, now: float) -> bool:
        """Whether lists show it."""
        return self.visible_at <= now and self.there(now)


def fingerprint(kind: str, text: str, media: tuple[str, ...]) -> str:
    """The same for two posts of the same content."""
    return hashlib.sha256("\0".join((kind, text, *media)).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Ledger:
    """Every post, in the order of acceptance."""

    posts: list[Post] = field(default_factory=list)
    by_id: dict[tuple[str, str], Post] = field(default_factory=dict)
    by_account: dict[tuple[str, str], list[Post]] = field(default_factory=dict)
    by_text: dict[tuple[str, str, str], Post] = field(default_factory=dict)
    times: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kept: dict[tuple[str, str, str], Post] = field(default_factory=dict)
    comments: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, post: Post) -> None:
        key = (post.platform, post.account, post.fingerprint)
        self.posts.append(post)
        self.counts[post.platform] += 1
        self.times[key] += 1
        self.kept[key] = post
        self.by_id[post.platform, post.id] = post
        self.by_text[post.platform, post.account, post.text] = post
        self.by_account.setdefault((post.platform, post.account), []).append(post)

    def comment(self, post: Post, comment: Comment) -> None:
        post.comments.append(comment)
        self.comments[post.platform, post.id, comment.text] += 1

    def of(self, platform: str, account: str) -> Iterator[Post]:
        """The posts of an account, newest first, those that are gone too."""
        return reversed(self.by_account.get((platform, account), ()))

    def count_since(self, platform: str, account: str, since: float) -> int:
        """How many an account has made since then, removed ones too: what quotas count."""
        mine = self.by_account.get((platform, account), [])
        return len(mine) - bisect_left(mine, since, key=lambda post: post.at)

    def twin(self, platform: str, account: str, mark: str) -> Post | None:
        """The latest post of the same content."""
        return self.kept.get((platform, account, mark))

    def same_text(self, platform: str, account: str, text: str) -> Post | None:
        """The latest post of the same text."""
        return self.by_text.get((platform, account, text))

    def newest(self, platform: str, count: int) -> list[Post]:
        mine = (post for post in reversed(self.posts) if post.platform == platform)
        return list(islice(mine, count))

    def summary(self) -> Mapping[str, Any]:
        """Counts; cheap however long it is."""
        twice = [self._twice(key, times) for key, times in self.times.items() if times > 1]
        twice += [
            {"platform": platform, "post": post, "kind": "comment", "text": text, "times": times}
            for (platform, post, text), times in self.comments.items()
            if times > 1
        ]
        return {
            "count": len(self.posts),
            "distinct": len(self.times),
            "duplicates": twice,
            "comments": self.comments.total(),
            "by_platform": self.counts,
        }

    def matching(self, **wanted: str) -> list[dict[str, Any]]:
        """The posts, in order, that match every given field."""
        return [
            asdict(post)
            for post in self.posts
            if all(getattr(post, name) == value for name, value in wanted.items())
        ]

    def _twice(self, key: tuple[str, str, str], times: int) -> dict[str, Any]:
        platform, account, mark = key
        post = self.kept[key]
        return {
            "platform": platform,
            "account": account,
            "kind": post.kind,
            "text": post.text,
            "fingerprint": mark,
            "times": times,
        }
