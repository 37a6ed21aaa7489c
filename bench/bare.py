"""The yardsticks: the same three steps (mark publishing, POST, mark published) with nothing around
them. No lease, no ledger, no account, no post; a plain table of jobs and one index.

Each is run by ``measure`` on the same servers and the same platform as the case itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import psycopg

from bench.ground import Ground
from bench.usage import spent, usage
from dev import stage
from dev.binaries import postgres_folder

GIVE_UP: Final = 600.0
TABLE: Final = (
    "CREATE TABLE jobs (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'scheduled',"
    " platform_post_id text, published_at timestamptz);"
    "CREATE INDEX jobs_scheduled ON jobs (id) WHERE status = 'scheduled'"
)
PUBLISHING: Final = "UPDATE jobs SET status = 'publishing' WHERE id = %s"
PUBLISHED: Final = (
    "UPDATE jobs SET status = 'published', platform_post_id = %s,"
    " published_at = clock_timestamp() WHERE id = %s"
)


@dataclass(frozen=True, slots=True)
class Bare:
    """What a yardstick reached: jobs a second, and CPU seconds by kind of process."""

    rate: float
    cpu: Mapping[str, float]


def loop(ground: Ground, count: int) -> Bare:
    """One asyncio process, aiohttp and psycopg, 64 at a time."""
    url = _jobs(ground, count)
    command = [sys.executable, "-m", "bench.bare_loop", url, ground.platform_url]
    return _measured(ground, url, count, command, lambda: None)


def dramatiq(ground: Ground, count: int, *, processes: int, threads: int) -> Bare:
    """An actor on the stock broker with the stock middleware; sent one by one."""
    url = _jobs(ground, count)
    ground.empty_redis()
    command = [
        *(sys.executable, "-m", "dramatiq", "bench.bare_dramatiq", "--skip-logging"),
        *("--processes", str(processes), "--threads", str(threads)),
    ]
    environ = _environ(ground, url)
    feeder = [sys.executable, "-m", "bench.bare_dramatiq", str(count)]
    return _measured(
        ground,
        url,
        count,
        command,
        lambda: subprocess.run(feeder, cwd=stage.ROOT, env=environ, check=True),
    )


def pgbench(ground: Ground, seconds: int = 5) -> float:
    """Jobs a second of pgbench: the two updates, 16 clients, a commit each."""
    url = _jobs(ground, 10_000)
    script = ground.root / "pgbench.sql"
    script.write_text(
        "\\set id random(1, 10000)\n"
        "UPDATE jobs SET status = 'publishing' WHERE id = :id;\n"
        "UPDATE jobs SET status = 'published', platform_post_id = 'x',"
        " published_at = clock_timestamp() WHERE id = :id;\n"
    )
    done = subprocess.run(
        [
            *(str(postgres_folder() / "pgbench"), "-n", "-c", "16", "-j", "2"),
            *("-T", str(seconds), "-f", str(script), url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def _jobs(ground: Ground, count: int) -> str:
    url = ground.database("bare")
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(TABLE)
        session.execute("INSERT INTO jobs (id) SELECT generate_series(1, %s)", [count])
        session.execute("VACUUM ANALYZE jobs")
    return url


def _environ(ground: Ground, url: str) -> dict[str, str]:
    bare = {"DATABASE_URL": url, "REDIS_URL": ground.redis_url, "BARE_URL": ground.platform_url}
    return {**os.environ, **bare}


def _measured(
    ground: Ground, url: str, count: int, command: list[str], feed: Callable[[], object]
) -> Bare:
    """Start it, let it boot, feed it, and wait until it is through. The bare loop waits for the
    lock that is held here meanwhile, so that its start is no part of the figure."""
    ground.arrivals()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(1)")
        commands = {"publisher": command}
        with stage.running(commands, _environ(ground, url), ground.root / "bare") as processes:
            pids = {**ground.pids, "publisher": processes["publisher"].pid}
            threading.Event().wait(4.0)
            before, began = usage(pids), time.monotonic()
            session.execute("SELECT pg_advisory_unlock(1)")
            started = _now(session)
            feed()
            while not _done(session) and time.monotonic() - began < GIVE_UP:
                threading.Event().wait(0.05)
            cpu = spent(before, usage(pids))
        rate = count / (_last(session) - started)
    if len(ground.arrivals()) != count:
        raise RuntimeError(f"{command[2]} did not post all of its jobs")
    return Bare(rate, cpu)


def _done(session: psycopg.Connection) -> bool:
    query = "SELECT NOT EXISTS (SELECT FROM jobs WHERE status <> 'published')"
    return bool(_one(session, query))


def _last(session: psycopg.Connection) -> float:
    return _one(session, "SELECT extract(epoch FROM max(published_at))::float8 FROM jobs")


def _now(session: psycopg.Connection) -> float:
    return _one(session, "SELECT extract(epoch FROM clock_timestamp())::float8")


def _one(session: psycopg.Connection, query: str) -> float:
    row = session.execute(query.encode()).fetchone()
    if row is None:
        raise TypeError("an aggregate has one row")
    return row[0]  # type: ignore[no-any-return]  # it is what the query says


def address(url: str) -> tuple[str, int]:
    """Host and port of the platform."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80
