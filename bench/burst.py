"""Many publications due at one instant."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import redis

from db.migrate import migrate
from db.seal import Keyring, new_key
from dev import stage
from dev.servers import servers
from domain.content import Platform
from sandbox.process import start as start_sandbox

PLATFORMS: Final = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)
LEAD: Final = timedelta(seconds=8)
GIVE_UP: Final = 600.0
LEFT: Final = "SELECT count(*) FROM post_publications WHERE status IN ('scheduled', 'publishing')"


@dataclass(frozen=True, slots=True)
class Burst:
    """What to run; ``latency`` in seconds for each call to a platform."""

    publications: int
    processes: int
    threads: int
    latency: float
    flush: bool


def run(burst: Burst) -> int:
    """Run it and print what was seen; 1 when anything was lost or doubled."""
    with (
        tempfile.TemporaryDirectory(prefix="publishing-bench-") as folder,
        servers(_open(Path(folder)), os.environ) as found,
        start_sandbox() as sandbox,
    ):
        migrate(found.database_url)
        keys = new_key("bench")
        httpx.post(
            f"{sandbox.url}/_sandbox/settings", json={"latency": burst.latency}
        ).raise_for_status()
        due = _write(found.database_url, sandbox.url, Keyring.parse(keys), burst.publications)
        environ = stage.environment(found.database_url, found.redis_url, sandbox.url, keys)
        commands = {
            "scheduler-1": stage.scheduler_command(),
            "scheduler-2": stage.scheduler_command(),
            "publisher": stage.publisher_command(processes=burst.processes, threads=burst.threads),
        }
        with stage.running(commands, {**environ, "LOG_LEVEL": "WARNING"}, Path(folder) / "logs"):
            _watch(found.database_url, found.redis_url, due, burst)
        return _report(found.database_url, sandbox.url, burst)


def _open(folder: Path) -> Path:
    folder.chmod(0o755)
    return folder


def _write(database_url: str, sandbox_url: str, keyring: Keyring, count: int) -> datetime:
    """Accounts and one publication for each, all due at the instant that is returned."""
    users = [uuid.uuid4() for _ in range(-(-count // len(PLATFORMS)))]
    accounts = [(uuid.uuid4(), user, platform) for user in users for platform in PLATFORMS][:count]
    _enrol(sandbox_url, accounts)
    with psycopg.connect(database_url, prepare_threshold=None) as session:
        cursor = session.cursor()
        with cursor.copy("COPY users (id, name, email, password) FROM STDIN") as copy:
            for user in users:
                copy.write_row((user, "Bench", f"{user}@bench.example", "$none"))
        with cursor.copy(
            "COPY social_accounts (id, user_id, platform, platform_user_id, username,"
            " access_token) FROM STDIN"
        ) as copy:
            for account, user, platform in accounts:
                token = keyring.seal(f"token-{account}", row=account, column="access_token")
                copy.write_row((account, user, platform, _number(account), "bench", token))
        session.commit()
        session.execute("ANALYZE")
        due = datetime.now(UTC) + LEAD + timedelta(seconds=count / 5000)  # noqa: TID251  the time of the whole
        session.execute(
            "INSERT INTO posts (user_id, content, status, scheduled_at)"
            " SELECT user_id, 'burst ' || id, 'scheduled', %s FROM social_accounts",
            [due],
        )
        session.execute(
            "INSERT INTO post_publications (post_id, social_account_id) SELECT p.id, a.id"
            " FROM posts p JOIN social_accounts a ON p.content = 'burst ' || a.id"
        )
        session.commit()
        session.autocommit = True
        session.execute("VACUUM ANALYZE")
    return due


def _enrol(sandbox_url: str, accounts: list[tuple[uuid.UUID, uuid.UUID, Platform]]) -> None:
    entries = [
        {"platform": platform, "id": _number(account), "token": f"token-{account}"}
        for account, _, platform in accounts
    ]
    httpx.post(f"{sandbox_url}/_sandbox/accounts", json=entries, timeout=60).raise_for_status()


def _number(account: uuid.UUID) -> str:
    return str(account.int % 10**16)


def _watch(database_url: str, redis_url: str, due: datetime, burst: Burst) -> None:
    """Wait until nothing is left to do; flush Redis half way if asked to."""
    pause, until, flushed = threading.Event(), time.monotonic() + GIVE_UP, not burst.flush
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as session:
        while time.monotonic() < until:
            left = _one(session, LEFT)
            if left == 0:
                return
            if not flushed and left < burst.publications / 2:
                with redis.Redis.from_url(redis_url) as client:
                    client.flushall()
                flushed = True
                print(f"FLUSHALL with {left} publications left")
            pause.wait(0.5)
    raise TimeoutError(f"not done {GIVE_UP} seconds after {due}")


def _report(database_url: str, sandbox_url: str, burst: Burst) -> int:
    summary: dict[str, Any] = httpx.get(
        f"{sandbox_url}/_sandbox/ledger", params={"summary": "1"}, timeout=60
    ).json()
    with psycopg.connect(database_url, prepare_threshold=None) as session:
        row = session.execute(
            "SELECT percentile_cont(ARRAY[0, 0.5, 0.99, 1]) WITHIN GROUP (ORDER BY"
            " extract(epoch FROM started_at - scheduled_for)::float8),"
            " percentile_cont(ARRAY[0, 0.5, 0.99, 1]) WITHIN GROUP (ORDER BY"
            " extract(epoch FROM published_at - scheduled_for)::float8),"
            " count(*) FILTER (WHERE status = 'published'), sum(dispatch_number) - count(*)"
            " FROM post_publications"
        ).fetchone()
    if row is None:
        raise TypeError("an aggregate has one row")
    started, published, count, extra = row
    print(
        f"{burst.publications} publications due at one instant, 2 schedulers,"
        f" {burst.processes} worker processes of {burst.threads} threads,"
        f" {burst.latency * 1000:.0f} ms a call"
    )
    print(f"{'':<10}{'first':>9}{'median':>9}{'99 %':>9}{'last':>9}   seconds after their time")
    for name, values in (("taken up", started), ("published", published)):
        print(f"{name:<10}" + "".join(f"{value:>9.3f}" for value in values))
    print(f"{count / published[-1]:.0f} publications a second; dispatched again: {extra}")
    print(f"ledger: {summary['count']} posts, {len(summary['duplicates'])} texts more than once")
    exact = summary["count"] == summary["distinct"] == count == burst.publications
    print("each accepted exactly once" if exact else "NOT each accepted exactly once")
    return 0 if exact else 1


def _one(session: psycopg.Connection, query: str) -> int:
    row = session.execute(query.encode()).fetchone()
    if row is None:
        raise TypeError("an aggregate has one row")
    return int(row[0])
