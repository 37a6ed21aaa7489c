"""What is left of the platforms' caps on posts: counted by us, corrected by what they tell.

A rolling window is counted in 24 parts and one more, so that the count is never too low; a window
that follows the calendar begins anew at midnight UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.content import ContentType, Json, JsonObject

PARTS: Final = 24
DAY: Final = timedelta(days=1)
POSTS: Final = "posts"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``posts`` of these ``kinds`` (None: all) in any ``window``, or in each day of UTC."""

    posts: int
    window: timedelta = DAY
    name: str = POSTS
    kinds: frozenset[ContentType] | None = None
    by_calendar: bool = False

    def counts(self, kind: ContentType) -> bool:
        return self.kinds is None or kind in self.kinds

    @property
    def part(self) -> timedelta:
        """The piece of time that one counter stands for."""
        return self.window if self.by_calendar else self.window / PARTS


@dataclass(frozen=True, slots=True)
class Told:
    """What the platform said of its cap at ``at``: ``total``, of which ``others`` were used that we
    did not count."""

    total: int
    others: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """What an account, or the application, has used: by cap, the posts of each part of time."""

    used: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    told: Told | None = None

    def spend(self, caps: Iterable[Cap], kind: ContentType, now: datetime) -> Budget:
        """One more post of that kind; what has left its window is forgotten."""
        used = dict(self.used)
        for cap in caps:
            if cap.counts(kind):
                place = _place(cap, now)
                parts = self._within(cap, place)
                parts[place] = parts.get(place, 0) + 1
                used[cap.name] = parts
        return Budget(used, self.told)

    def learn(self, cap: Cap, used: int, total: int, now: datetime) -> Budget:
        """Take the platform's own count and total of the cap for the truth."""
        others = max(used - sum(self._within(cap, _place(cap, now)).values()), 0)
        return replace(self, told=Told(total, others, now))

    def opens(self, cap: Cap, kind: ContentType, now: datetime) -> datetime | None:
        """When a post of that kind may go out; None: now."""
        if not cap.counts(kind):
            return None
        told = self._told(cap, now)
        most, others = (told.total, told.others) if told else (cap.posts, 0)
        left = self._within(cap, _place(cap, now))
        if sum(left.values()) + others < most:
            return None
        for place in sorted(left):
            del left[place]
            if sum(left.values()) + others < most:
                return _end(cap, place)
        return told.at + cap.window if told and others else now + cap.window

    def as_json(self) -> JsonObject:
        """As stored; `budget_of` reads it."""
        told: dict[str, Json] = {}
        if self.told is not None:
            told = {
                "total": self.told.total,
                "others": self.told.others,
                "at": self.told.at.isoformat(),
            }
        return {"used": dict(self.used_json()), "told": told}

    def used_json(self) -> JsonObject:
        """What we counted, as it is stored under ``used``."""
        return {
            name: {str(place): count for place, count in parts.items()}
            for name, parts in self.used.items()
        }

    def _told(self, cap: Cap, now: datetime) -> Told | None:
        told = self.told
        return told if told and cap.name == POSTS and now < told.at + cap.window else None

    def _within(self, cap: Cap, place: int) -> dict[int, int]:
        """What counts while ``place`` is the latest part."""
        oldest = place - (0 if cap.by_calendar else PARTS)
        parts = self.used.get(cap.name, {})
        return {part: count for part, count in parts.items() if part >= oldest}


def budget_of(stored: JsonObject) -> Budget:
    """From what `Budget.as_json` gave; anything else is an empty budget."""
    used, told = stored.get("used"), stored.get("told")
    return Budget(
        {name: _parts(parts) for name, parts in used.items()} if isinstance(used, dict) else {},
        _told_of(told) if isinstance(told, dict) else None,
    )


def _parts(stored: Json) -> Mapping[int, int]:
    if not isinstance(stored, dict):
        return {}
    return {int(place): count for place, count in stored.items() if isinstance(count, int)}


def _told_of(stored: JsonObject) -> Told | None:
    total, others, at = (stored.get(name) for name in ("total", "others", "at"))
    if not isinstance(total, int) or not isinstance(others, int) or not isinstance(at, str):
        return None
    return Told(total, others, datetime.fromisoformat(at))


def _place(cap: Cap, at: datetime) -> int:
    return int(at.timestamp() // cap.part.total_seconds())


def _end(cap: Cap, place: int) -> datetime:
    """When what was posted in that part no longer counts."""
    end = datetime.fromtimestamp((place + 1) * cap.part.total_seconds(), UTC)
    return end if cap.by_calendar else end + cap.window
