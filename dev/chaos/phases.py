"""The run, phase by phase: first each outage alone, measured; then everything at once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

import httpx
import psycopg
import redis

from db.seal import Keyring
from dev.chaos.faults import Storm
from dev.chaos.judge import Judge, Verdict
from dev.chaos.load import Author, enrol, schedule
from dev.chaos.system import PUBLISHERS, THREADS, System
from runtime import clock

LATENCY: Final = 0.03
LONG_LATENCY: Final = 1.0
PHASE_SECONDS: Final = 120.0
LEASE_AND_A_LITTLE: Final = 25.0
HEALED_WITHIN: Final = 10.0
RATE_BACK_WITHIN: Final = 15.0
RATE_SHARE: Final = 0.95
WINDOW: Final = 3.0
STEADY: Final = 300
STEADY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything; ``drain`` is how long (seconds) what is open may take at the end;
    ``outages``: each one alone and measured, before the storm."""

    publications: int
    kills: int
    kill_every: float
    drain: float
    seed: int
    outages: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what a phase showed. ``kept=None``: nothing was promised."""

    phase: str
    words: str
    kept: bool | None = None


class Run:
    """One run of all phases on one system."""

    def __init__(self, system: System, keyring: Keyring, plan: Plan) -> None:
        self._system = system
        self._plan = plan
        self._chance = Random(plan.seed)  # noqa: S311  faults need no secret
        self._judge = Judge(system)
        self._pause = threading.Event()
        with psycopg.connect(system.direct_database_url, autocommit=True) as session:
            self._authors = enrol(session, system.sandbox_url, keyring, plan.publications)
        self._sandbox("settings", {"latency": LATENCY, "limits": False})

    def phases(self) -> Iterator[Finding]:
        """Each finding as soon as there is one; the last are the verdict's."""
        if self._plan.outages:
            yield self._calm()
            yield self._killed_worker()
            yield self._flushed()
            yield self._restarted_database()
        yield from self._storm()
        yield from _told(self._judge.verdict())

    def _calm(self) -> Finding:
        count = self._burst()
        left = self._judge.wait_for_the_end(PHASE_SECONDS)
        return Finding("calm", f"{count - left} of {count} published", kept=left == 0)

    def _killed_worker(self) -> Finding:
        """One publisher process is killed while all of them have much in hand."""
        self._sandbox("settings", {"latency": LONG_LATENCY})
        self._burst()
        self._until(lambda: len(self._judge.held()) > (PUBLISHERS - 1) * THREADS)
        moment = clock.now().timestamp()
        self._system.publishers[0].send(signal.SIGKILL)
        self._sandbox("settings", {"latency": LATENCY})
        self._judge.wait_for_the_end(PHASE_SECONDS)
        took = self._judge.resumed_after(moment)
        slowest = took[int(len(took) * 0.99)] if took else 0.0
        return Finding(
            "a publisher is killed",
            f"{len(took)} publications lost their worker; resumed after {slowest:.1f} s (99 %)",
            kept=bool(took) and slowest <= LEASE_AND_A_LITTLE,
        )

    def _flushed(self) -> Finding:
        """Everything in Redis is deleted while messages wait there."""
        self._burst()
        self._until(lambda: len(self._judge.queued()) > 4)
        with redis.Redis.from_url(self._system.direct_redis_url) as client:
            client.flushall()
        waiting, start = self._judge.queued(), time.monotonic()
        self._until(lambda: not waiting.items() & self._judge.queued().items())
        took = time.monotonic() - start
        self._judge.wait_for_the_end(PHASE_SECONDS)
        return Finding(
            "FLUSHALL",
            f"{len(waiting)} messages lost; the last was taken up after {took:.1f} s",
            kept=took <= HEALED_WITHIN,
        )

    def _restarted_database(self) -> Finding:
        """PostgreSQL is killed and started again while publications fall due at a steady rate."""
        count = self._schedule(max(STEADY, self._plan.publications // 20), STEADY_SECONDS)
        start = clock.now().timestamp() + 1
        self._until(lambda: clock.now().timestamp() > start + STEADY_SECONDS / 3)
        moment = clock.now().timestamp()
        before = self._judge.rate(start, moment)
        self._system.restart_database()
        up = clock.now().timestamp()
        took = self._until(lambda: self._rate_is_back(before * RATE_SHARE))
        left = self._judge.wait_for_the_end(PHASE_SECONDS)
        return Finding(
            "PostgreSQL is killed",
            f"up again after {up - moment:.1f} s; back to {RATE_SHARE:.0%} of {before:.0f}/s"
            f" {took:.1f} s later; {count - left} of {count} published",
            kept=took <= RATE_BACK_WITHIN and left == 0,
        )

    def _rate_is_back(self, wanted: float) -> bool:
        now = clock.now().timestamp()
        return self._judge.rate(now - WINDOW, now) >= wanted

    def _storm(self) -> Iterator[Finding]:
        over = self._plan.kills * self._plan.kill_every
        rest = self._plan.publications - len(self._judge.query("SELECT FROM post_publications"))
        count = self._schedule(max(rest, len(self._authors)), over)
        storm = Storm(self._system, self._chance)
        until = time.monotonic() + 2 * over + 60
        storm.rage(self._plan.kills, self._plan.kill_every, lambda: time.monotonic() > until)
        faults = ", ".join(f"{name} {times}" for name, times in storm.counts.most_common())
        kills = sum(times for name, times in storm.counts.items() if name.startswith("kill"))
        yield Finding("storm", f"{count} publications, {kills} kills: {faults}")
        start = time.monotonic()
        left = self._judge.wait_for_the_end(self._plan.drain)
        took = time.monotonic() - start
        yield Finding("drain", f"{left} left after {took:.0f} s", kept=left == 0)

    def _burst(self) -> int:
        """Some publications that are due at once; how many."""
        return self._schedule(max(len(self._authors), self._plan.publications // 40), 0.0)

    def _schedule(self, count: int, over: float) -> int:
        media = f"{self._system.sandbox_url}/_sandbox/media"
        authors: list[Author] = self._chance.sample(self._authors, len(self._authors))
        with psycopg.connect(self._system.direct_database_url, autocommit=True) as session:
            return schedule(session, authors, media, count, over, self._chance)

    def _until(self, condition: Callable[[], bool]) -> float:
        """Wait for it, at most as long as a phase may take; how many seconds it took."""
        start = time.monotonic()
        while not condition() and time.monotonic() < start + PHASE_SECONDS:
            self._pause.wait(0.05)
        return time.monotonic() - start

    def _sandbox(self, path: str, body: dict[str, float]) -> None:
        httpx.post(
            f"{self._system.sandbox_url}/_sandbox/{path}", json=body, timeout=30
        ).raise_for_status()


def _told(verdict: Verdict) -> Iterator[Finding]:
    causes = ", ".join(
        f"{event} {kind} {times}".replace("  ", " ") for event, kind, times in verdict.causes
    )
    yield Finding("attempts", causes)
    if verdict.lateness:
        median, most, last = verdict.lateness
        yield Finding("lateness", f"{median:.2f} s median, {most:.1f} s 99 %, {last:.1f} s last")
    for name, found in (
        ("lost", verdict.lost),
        ("published twice", verdict.doubled),
        ("early", verdict.early),
    ):
        examples = "".join(f"\n    {line}" for line in found[:5])
        yield Finding(name, f"{len(found)}{examples}", kept=not found)
    failed = ", ".join(f"{kind} {times}" for kind, times in verdict.failed.items())
    yield Finding("failed", failed or "0", kept=not verdict.failed)
    yield Finding(
        "published",
        f"{verdict.published} of {verdict.publications};"
        f" {verdict.unconfirmed} reported unconfirmed, for `publishing posts settle`",
        kept=verdict.published + verdict.unconfirmed == verdict.publications,
    )
