"""A scheduler and an analytics worker, as processes: figures are read without a publisher."""

from __future__ import annotations

from pathlib import Path

import psycopg
import redis

from dev import stage
from domain.content import Platform
from tests.collecting import hurry
from tests.make import TOKEN_KEYS, row_of, value
from tests.system import System
from tests.waiting import eventually
from tests.workers.test_publish import simplest, until_done


def test_figures_are_read_by_processes_of_their_own_also_when_redis_was_flushed(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    _, post = simplest(system, connection, Platform.TWITTER)
    until_done(system, connection, post.only)
    connection.execute("UPDATE publication_syncs SET published_at = now() - interval '1 hour'")
    environ = stage.environment(database_url, redis_url, system.sandbox_url, TOKEN_KEYS)
    commands = {
        "scheduler": stage.scheduler_command(),
        "analytics": stage.analytics_command(processes=1, threads=2),
    }

    def reading() -> object:
        return row_of(connection, "post_publications", post.only).last_synced_at

    with stage.running(commands, environ, tmp_path):
        first = eventually(reading, within=60)
        assert value(connection, "SELECT count(*) FROM analytics") == 4
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        hurry(connection)
        eventually(lambda: reading() != first, within=60)
    assert row_of(connection, "posts", post.id).analytics["platforms"] == ["twitter"]
