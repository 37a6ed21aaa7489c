"""figures: a quarter in which the figures of publications are read, with the clock stepped.

Posts go out over the first week to all six platforms of the sandbox, whose figures grow; then every
reading up to the end is taken when it is due. Every bucket must be there once and none be missing,
and no limit of a platform may be hit; calls are counted beside one call for each reading.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import psycopg

from bench.quarter import Quarter
from bench.report import Figure, Target, show
from db import dispatching, syncs
from db.engine import Engine, make_engine
from db.migrate import migrate
from db.seal import Keyring
from dev import cast, stage
from dev.cast import Act, Member
from dev.servers import servers
from dev.stepped import Clock
from domain.content import ContentType, MediaType, Platform
from runtime import clock, log
from runtime.settings import Settings, from_environ
from sandbox.process import start
from workers.holding import Heartbeat
from workers.process import make_publisher
from workers.publish import Publisher
from workers.reading import make_collector

FIRST: Final = timedelta(days=7)
LATE_WINDOW: Final = timedelta(hours=6)
MINUTES_TO_PUBLISH: Final = 20
KINDS: Final = {
    Platform.INSTAGRAM: (ContentType.IMAGE, (MediaType.IMAGE, "image/jpeg", "photo.jpg")),
    Platform.TIKTOK: (ContentType.VIDEO, (MediaType.VIDEO, "video/mp4", "clip.mp4")),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One database on a stepped clock, one sandbox, one account on each platform."""

    quarter: Quarter
    publisher: Publisher
    engine: Engine
    session: psycopg.Connection
    member: Member
    sandbox_url: str

    def publish(self, number: int) -> None:
        """One post a platform, followed until it is out."""
        acts = [self._act(platform, number) for platform in Platform]
        cast.schedule(self.session, [self.member], acts)
        for _ in range(MINUTES_TO_PUBLISH):
            with self.engine.connect() as connection:
                dispatching.release(connection, batch=500, low_water=None, late_window=LATE_WINDOW)
                dispatches = dispatching.dispatch(connection, dict.fromkeys(Platform, 10))
            for dispatch in dispatches:
                self.publisher.publish(dispatch.publication_id, dispatch.number)
            self.quarter.run(self.quarter.clock.now + timedelta(minutes=1))

    def grow(self, day: int) -> None:
        """More every day, or the readings would become rarer: nothing would be new."""
        settings = {"growth": 1000.0 + day}
        httpx.post(f"{self.sandbox_url}/_sandbox/settings", json=settings).raise_for_status()

    def _act(self, platform: Platform, number: int) -> Act:
        kind, media = KINDS.get(platform, (ContentType.TEXT, None))
        found = media and (media[0], media[1], f"{self.sandbox_url}/_sandbox/media/{media[2]}")
        return Act(0, f"post {number} of {platform}", (platform,), 0.0, kind, found)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=500, help="on all platforms together")
    parser.add_argument("--days", type=int, default=91)


def run(options: argparse.Namespace) -> int:
    """0: every bucket once, none missing, no limit hit; 1: not."""
    log.configure(level="ERROR")
    rounds = -(-options.publications // len(Platform))
    with _stage() as staged:
        quarter, began = staged.quarter, staged.quarter.clock.now
        started = clock.monotonic()
        staged.grow(0)
        for number in range(rounds):
            quarter.run(began + FIRST * number / rounds)
            staged.publish(number)
        end = began + timedelta(days=options.days)
        for day in range(FIRST.days, options.days + 1):
            staged.grow(day)
            quarter.run(began + timedelta(days=day))
        figures = _figures(staged, end, clock.monotonic() - started)
    settings = {"publications": rounds * len(Platform), "days": options.days}
    return 0 if show("figures", settings, figures) else 1


@contextmanager
def _stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="publishing-bench-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        with servers(root, os.environ, durable=False) as found, start() as sandbox:
            migrate(found.database_url)
            key = cast.new_key()
            environ = stage.environment(found.database_url, found.redis_url, sandbox.url, key)
            with psycopg.connect(found.database_url, autocommit=True) as session:
                yield from _staged(session, from_environ(environ), sandbox.url)


def _staged(session: psycopg.Connection, settings: Settings, url: str) -> Iterator[Stage]:
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    session.execute("SELECT make_analytics_partitions(4)")
    stepped = Clock.install(session, noon)
    engine = make_engine(settings.database_url, application_name="bench")
    collector = make_collector(settings, engine, Heartbeat(engine, syncs.keep))
    publisher = make_publisher(settings, engine, Heartbeat(engine), lambda: False)
    quarter = Quarter(engine, collector, session, stepped, url)
    keyring = Keyring.parse(settings.token_keys)
    member, *_ = cast.enrol(session, url, keyring, "figures")
    _become_page(session, url, keyring, member)
    try:
        yield Stage(quarter, publisher, engine, session, member, url)
    finally:
        publisher.writer.close()
        engine.dispose()


def _become_page(session: psycopg.Connection, url: str, keyring: Keyring, member: Member) -> None:
    """The account on LinkedIn is that of a Page, whose posts are read many a call."""
    account, urn = member.accounts[Platform.LINKEDIN], "urn:li:organization:5583111"
    sealed = keyring.seal("page", row=account, column="access_token")
    session.execute(
        "UPDATE social_accounts SET platform_user_id = %s, access_token = %s WHERE id = %s",
        [urn, sealed, account],
    )
    page = {"platform": "linkedin", "id": urn, "token": "page", "username": "acme"}
    httpx.post(f"{url}/_sandbox/accounts", json=page).raise_for_status()


def _figures(staged: Stage, end: datetime, seconds: float) -> list[Figure]:
    quarter = staged.quarter
    found, expected = quarter.found(), quarter.expected(end)
    row = staged.session.execute(
        "SELECT count(DISTINCT (post_publication_id, created_at)),"
        " count(DISTINCT post_publication_id) FROM analytics"
    ).fetchone()
    readings, publications = row or (0, 0)
    calls = sum(quarter.calls.values())
    none = Target(0, "low")
    return [
        Figure("publications", publications, ""),
        Figure("snapshots", sum(found.values()), ""),
        Figure("buckets that must be there", len(expected), ""),
        Figure("buckets missing", len(expected - set(found)), "", none),
        Figure("buckets more than once", sum(n > 1 for n in found.values()), "", none),
        Figure("readings, at one call each", readings, "calls"),
        Figure("calls made", calls, "calls"),
        *(Figure(f"  of {name}", number, "calls") for name, number in quarter.calls.items()),
        Figure("calls that were refused", quarter.refused, "calls", none),
        Figure("time taken", seconds, "s"),
    ]
