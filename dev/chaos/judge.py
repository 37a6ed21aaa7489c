"""Looks at the rows and at the platforms' ledger, past every proxy, and says what was kept."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg

from dev.chaos.system import System

TRY_FOR: Final = 60.0
LEDGER_TIMEOUT: Final = 120.0

LEFT: Final = "SELECT count(*) FROM post_publications WHERE status IN ('scheduled', 'publishing')"
ROWS: Final = (
    "SELECT pp.platform::text, a.platform_user_id, p.content, pp.status::text,"
    " pp.failure_kind::text, extract(epoch FROM pp.scheduled_for)::float8"
    " FROM post_publications pp JOIN posts p ON p.id = pp.post_id"
    " JOIN social_accounts a ON a.id = pp.social_account_id"
)
CAUSES: Final = (
    "SELECT event::text, coalesce(failure_kind::text, ''), count(*) FROM publication_attempts"
    " WHERE event <> 'intent' GROUP BY 1, 2 ORDER BY 3 DESC"
)
LATENESS: Final = (
    "SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP"
    " (ORDER BY extract(epoch FROM published_at - scheduled_for)::float8)"
    " FROM post_publications WHERE status = 'published'"
)
HELD: Final = "SELECT id, lease_token FROM post_publications WHERE lease_token IS NOT NULL"
QUEUED: Final = (
    "SELECT id, dispatch_number FROM post_publications"
    " WHERE dispatched_at IS NOT NULL AND lease_token IS NULL"
)
RESUMED: Final = (
    "SELECT extract(epoch FROM coalesce("
    "   (SELECT min(later.at) FROM publication_attempts later"
    "    WHERE later.post_publication_id = lost.post_publication_id AND later.id > lost.id),"
    "   clock_timestamp()) - %s::timestamptz)::float8"
    " FROM publication_attempts lost WHERE lost.event = 'lost' AND lost.at > %s"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of everything. ``lost``: published by no platform though the row says so, on a
    platform though the row does not know of it, or never ended. ``failed`` holds kinds."""

    publications: int
    published: int
    unconfirmed: int
    failed: Counter[str]
    lost: Sequence[str]
    doubled: Sequence[str]
    early: Sequence[str]
    causes: Sequence[tuple[str, str, int]]
    lateness: Sequence[float] = field(default_factory=tuple)

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not (self.lost or self.doubled or self.early or self.failed)


class Judge:
    """Asks the servers themselves; waits for one that is being started again."""

    def __init__(self, system: System) -> None:
        self._system = system

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows. Tried again while the server is away. Raises what it raises after a minute."""
        until, pause = time.monotonic() + TRY_FOR, threading.Event()
        while True:
            try:
                with psycopg.connect(
                    self._system.direct_database_url,
                    autocommit=True,
                    connect_timeout=5,
                    application_name="judge",
                ) as session:
                    return session.execute(statement.encode(), values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                pause.wait(0.2)

    def left(self) -> int:
        """How many publications have not ended."""
        return int(self.query(LEFT)[0][0])

    def wait_for_the_end(self, seconds: float) -> int:
        """Wait until all have ended; how many have not after so many ``seconds``."""
        until, pause = time.monotonic() + seconds, threading.Event()
        while (left := self.left()) and time.monotonic() < until:
            pause.wait(0.25)
        return left

    def accepted(self) -> list[dict[str, Any]]:
        """The platforms' ledger."""
        answer = httpx.get(f"{self._system.sandbox_url}/_sandbox/ledger", timeout=LEDGER_TIMEOUT)
        return list(answer.json()["posts"])

    def rate(self, since: float, until: float) -> float:
        """Publications a second that the platforms accepted between two moments (since 1970)."""
        count: int = sum(since <= post["at"] < until for post in self.accepted())
        return count / max(until - since, 0.001)

    def held(self) -> dict[UUID, UUID]:
        """Publications under lease, and the token of each."""
        return dict(self.query(HELD))

    def queued(self) -> dict[UUID, int]:
        """Publications whose message waits in Redis, and the number of each dispatch."""
        return dict(self.query(QUEUED))

    def resumed_after(self, moment: float) -> list[float]:
        """For each publication whose worker was lost since ``moment`` (seconds since 1970): how
        many seconds after it the work went on."""
        at = self.query("SELECT to_timestamp(%s)", moment)[0][0]
        return sorted(float(row[0]) for row in self.query(RESUMED, at, at))

    def verdict(self) -> Verdict:
        rows = self.query(ROWS)
        accepted = self.accepted()
        times = Counter((post["platform"], post["account"], post["text"]) for post in accepted)
        first = {
            (post["platform"], post["account"], post["text"]): post["at"]
            for post in reversed(accepted)
        }
        lost: list[str] = []
        early: list[str] = []
        for platform, account, text, status, kind, due in rows:
            key = (platform, account, text)
            fault = _lost(status, kind, times[key])
            if fault:
                lost.append(f"{platform} {text}: {fault}")
            if key in first and first[key] < due:
                early.append(f"{platform} {text}: {due - first[key]:.3f} s")
        return Verdict(
            publications=len(rows),
            published=sum(row[3] == "published" for row in rows),
            unconfirmed=sum(row[4] == "unconfirmed" for row in rows if row[3] == "failed"),
            failed=Counter(
                row[4] for row in rows if row[3] == "failed" and row[4] != "unconfirmed"
            ),
            lost=lost,
            doubled=[
                f"{key[0]} {key[2]}: {count} times" for key, count in times.items() if count > 1
            ],
            early=early,
            causes=[(event, kind, count) for event, kind, count in self.query(CAUSES)],
            lateness=self.query(LATENESS)[0][0] or (),
        )


def _lost(status: str, kind: str | None, times: int) -> str | None:
    match status:
        case "published":
            return None if times else "said to be published, and the platform has no such post"
        case "failed":
            there = times and kind != "unconfirmed"
            return "said to have failed, and the platform has it" if there else None
    return f"still {status}"
