"""The system itself, whole, on the ground of a measurement."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
import redis

from bench.ground import Ground
from db.seal import Keyring, new_key
from dev import stage
from runtime.broker import NAMESPACE

BOOT_WITHIN: Final = 120.0
GIVE_UP: Final = 600.0
THREADS: Final = 128  # of a worker process, as in the Procfile


@dataclass(frozen=True, slots=True)
class Ours:
    """The schema in a database of its own, and how its processes are started."""

    ground: Ground
    database_url: str
    keys: str
    schedulers: int
    processes: int
    threads: int
    analytics: bool = False

    @property
    def keyring(self) -> Keyring:
        return Keyring.parse(self.keys)

    @contextmanager
    def running(self) -> Iterator[Mapping[str, int]]:
        """Start it, and wait until it is up; its process ids and the servers', by name."""
        ground = self.ground
        ground.empty_redis()
        environ = stage.environment(
            self.database_url, ground.redis_url, ground.platform_url, self.keys
        )
        environ |= {"TWITTER_APP_CAP": "0", "LINKEDIN_APP_CAP": "0"}
        names = [f"scheduler-{number}" for number in range(1, self.schedulers + 1)]
        publisher = stage.publisher_command(processes=self.processes, threads=self.threads)
        commands = {**dict.fromkeys(names, stage.scheduler_command()), "publisher": publisher}
        if self.analytics:
            commands["analytics"] = stage.analytics_command(processes=1, threads=8)
        with stage.running(commands, environ, ground.root / "logs") as processes:
            self._wait_for_workers()
            yield {**ground.pids, **{name: process.pid for name, process in processes.items()}}

    def _wait_for_workers(self) -> None:
        """Until every worker process listens. Raises `TimeoutError` after two minutes."""
        until = time.monotonic() + BOOT_WITHIN
        with redis.Redis.from_url(self.ground.redis_url) as client:
            while client.zcard(f"{NAMESPACE}:__heartbeats__") < self.processes:
                if time.monotonic() > until:
                    raise TimeoutError(f"the workers are not up after {BOOT_WITHIN} seconds")
                threading.Event().wait(0.1)

    def wait_until_done(self) -> None:
        """Until nothing is scheduled or under way. Raises `TimeoutError` after ten minutes."""
        query = "SELECT FROM post_publications WHERE status IN ('scheduled', 'publishing') LIMIT 1"
        until = time.monotonic() + GIVE_UP
        with psycopg.connect(self.database_url, autocommit=True) as session:
            while session.execute(query).fetchone() is not None:
                if time.monotonic() > until:
                    raise TimeoutError(f"not done after {GIVE_UP} seconds")
                threading.Event().wait(0.1)


def ours(
    ground: Ground,
    *,
    schedulers: int = 2,
    processes: int,
    threads: int,
    analytics: bool = False,
) -> Ours:
    """A fresh one, with a process that reads figures if asked for."""
    url = ground.schema("ours")
    return Ours(ground, url, new_key("bench"), schedulers, processes, threads, analytics)
