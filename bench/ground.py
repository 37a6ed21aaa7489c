"""Where the measurements run: one PostgreSQL, one Redis, one platform, for all of a run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import redis

from db.migrate import migrate
from dev import postgres, stage, valkey
from dev.children import die_with_parent
from dev.servers import servers


@dataclass(frozen=True, slots=True)
class Ground:
    """``pids``: by kind, of the servers that were started here; those given are not measured."""

    root: Path
    database_url: str
    redis_url: str
    platform_url: str
    pids: Mapping[str, int]

    def database(self, name: str) -> str:
        """A fresh, empty database of that name; its URL."""
        with psycopg.connect(self.database_url, autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            session.execute(f"CREATE DATABASE {name}".encode())
        return urlunsplit(urlsplit(self.database_url)._replace(path=f"/{name}"))

    def schema(self, name: str) -> str:
        """A fresh database with the whole schema; its URL."""
        url = self.database(name)
        migrate(url)
        return url

    def empty_redis(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()

    def arrivals(self) -> dict[str, list[float]]:
        """When each item came to the platform since the last time this was asked."""
        found: dict[str, list[float]] = {}
        answer: Any = httpx.delete(f"{self.platform_url}/_arrivals", timeout=60).json()
        for key, at in answer:
            found.setdefault(key, []).append(at)
        return found


@contextmanager
def ground(latency: float) -> Iterator[Ground]:
    """Servers of its own, or those of DATABASE_URL and REDIS_URL, and a stub platform that answers
    in ``latency`` seconds."""
    with tempfile.TemporaryDirectory(prefix="publishing-bench-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        with servers(root, os.environ) as found, _stub(latency) as (url, pid):
            started = {"postgres": postgres.find(root), "redis": valkey.find(root)}
            pids = {name: server.pid for name, server in started.items() if server}
            yield Ground(root, found.database_url, found.redis_url, url, {**pids, "platform": pid})


@contextmanager
def _stub(latency: float) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.stub", str(latency)],
        cwd=stage.ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  it runs no Python threads
    )
    try:
        if process.stdout is None:
            raise TypeError("its output was asked for")
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.terminate()
        process.wait()
