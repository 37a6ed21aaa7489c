"""What the demo shows: a line for each publication, and the reckoning at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from rich.table import Table

STYLES: Final = {
    "published": "green",
    "failed": "red",
    "publishing": "yellow",
    "scheduled": "dim",
}
QUERY: Final = """
SELECT pp.id, pp.platform::text, pp.status::text AS state, p.content AS text,
       p.metadata -> 'demo' ->> 'promise' AS promise,
       extract(epoch FROM pp.started_at - coalesce(pp.scheduled_for, p.scheduled_at))::float8
           AS started_late,
       extract(epoch FROM pp.published_at - pp.scheduled_for)::float8 AS published_late,
       pp.error_message AS error,
       ARRAY(SELECT a.event::text FROM publication_attempts a
             WHERE a.post_publication_id = pp.id ORDER BY a.id) AS events
FROM post_publications pp JOIN posts p ON p.id = pp.post_id
WHERE p.user_id = ANY(%s)
ORDER BY p.scheduled_at, p.content, pp.platform
"""


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """Whose posts are shown."""

    users: list[UUID]


@dataclass(frozen=True, slots=True)
class Line:
    """One publication as it stands; lateness in seconds."""

    id: UUID
    platform: str
    state: str
    text: str
    promise: str
    started_late: float | None
    published_late: float | None
    error: str | None
    events: list[str]

    @property
    def ended(self) -> bool:
        return self.state in ("published", "failed", "cancelled")

    @property
    def note(self) -> str:
        """What there is to say of it, in words."""
        if self.state == "published" and self.published_late is not None:
            how = {"unknown": ", settled after a lost answer", "waiting": ", after waiting"}
            extra = next((how[event] for event in self.events if event in how), "")
            return f"{self.published_late * 1000:.0f} ms late{extra}"
        return self.error or ""

    @property
    def kept(self) -> bool:
        """Whether it ended as promised."""
        match self.promise:
            case "refused":
                return self.state == "failed" and bool(self.error)
            case "settled":
                return self.state == "published" and "unknown" in self.events
            case "after a limit":
                return self.state == "published" and "waiting" in self.events
        return self.state == "published"


def read(session: psycopg.Connection, board: Scoreboard) -> list[Line]:
    with session.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(QUERY, [board.users]).fetchall()


def table(lines: Sequence[Line]) -> Table:
    shown = Table("platform", "post", "status", "note", expand=True)
    for line in lines:
        style = STYLES.get(line.state, "")
        text = f"[{style}]{line.state}[/]" if style else line.state
        shown.add_row(line.platform, line.text[:40], text, line.note[:60])
    return shown


def verdict(lines: Sequence[Line], accepted: Sequence[str]) -> tuple[bool, str]:
    """Whether every promise was kept, by the rows and by the platforms' ledger; and in words."""
    times = Counter(accepted)
    expected = Counter(line.text for line in lines if line.state == "published")
    broken = [
        f"  not kept: {line.platform} {line.text[:50]!r} is {line.state}: {line.note}"
        for line in lines
        if not line.kept
    ]
    broken += [
        f"  {text[:50]!r}: the platforms have it {times[text]} times, the rows say {expected[text]}"
        for text in expected | times
        if times[text] != expected[text]
    ]
    refused = sum(line.state == "failed" for line in lines)
    late = sorted(line.started_late for line in lines if line.started_late is not None) or [0.0]
    counts = f"{len(lines)} publications: {expected.total()} published, {refused} refused"
    lateness = f"{late[len(late) // 2] * 1000:.0f} ms late in the median, {late[-1] * 1000:.0f} ms"
    words = [
        f"\n{counts}, each with its reason; the platforms' ledger holds {times.total()} posts",
        f"taken up {lateness} at most",
    ]
    return not broken, "\n".join([*words, *(broken or ["every promise was kept"])])
