"""Something that is being made: an upload, a container, a video."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sandbox.accounts import Account
from sandbox.media import Facts, read

State: TypeAlias = Literal["IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED"]
DAY: Final = 86_400.0


@dataclass(slots=True)
class Work:
    """It is ready after so many looks at it, and not before ``ready_at``.

    ``failure`` is the platform's own word for what went wrong. Times are in seconds since 1970.
    """

    id: str
    account: Account
    kind: str
    text: str = ""
    media: tuple[str, ...] = ()
    looks_left: int = 0
    ready_at: float = 0.0
    expires_at: float | None = None
    failure: str | None = None
    published: bool = False
    facts: Facts | None = None
    fetching: asyncio.Task[None] | None = None
    parts: dict[int, bytes] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def state(self, now: float) -> State:
        if self.published:
            return "PUBLISHED"
        if self.expires_at is not None and now >= self.expires_at:
            return "EXPIRED"
        if self.looks_left > 0 or now < self.ready_at:
            return "IN_PROGRESS"
        return "ERROR" if self.failure else "FINISHED"

    def look(self, now: float) -> State:
        """Its state, which may be another at the next look."""
        state = self.state(now)
        if state == "IN_PROGRESS":
            self.looks_left = max(0, self.looks_left - 1)
        return state

    async def fetched(self) -> None:
        """Wait for the fetch of its media, which ends by itself."""
        if self.fetching is not None:
            await self.fetching

    def received(self) -> int:
        return sum(map(len, self.parts.values()))

    def join(self) -> Facts:
        """Put the parts together, read them, and drop their bytes."""
        whole = b"".join(self.parts[index] for index in sorted(self.parts))
        self.parts = {}
        self.facts = read(whole)
        self.media = (f"sha256:{self.facts.digest}",)
        return self.facts


def sources(works: Sequence[Work]) -> tuple[str, ...]:
    """What the media of all of them were made of."""
    return tuple(source for work in works for source in work.media)


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
