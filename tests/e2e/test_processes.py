"""Real schedulers and workers, killed and cut off in the middle: everything goes out, once."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from dev import stage
from domain.content import Platform
from tests.make import TOKEN_KEYS, MadeAccount, a_post, a_user, an_account, value
from tests.protocol.crashes import let_time_pass
from tests.system import System
from tests.waiting import eventually

Processes = dict[str, subprocess.Popen[bytes]]
TEXT = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)


@contextmanager
def everything(
    database_url: str, redis_url: str, sandbox_url: str, logs: Path
) -> Iterator[Processes]:
    environ = stage.environment(database_url, redis_url, sandbox_url, TOKEN_KEYS)
    commands = {
        "scheduler-1": stage.scheduler_command(),
        "scheduler-2": stage.scheduler_command(),
        "publisher": stage.publisher_command(processes=2, threads=4),
        "publisher-2": stage.publisher_command(processes=1, threads=4),
    }
    with stage.running(commands, environ, logs) as processes:
        yield processes


def some_posts(system: System, session: psycopg.Connection, users: int, due_in: float) -> int:
    accounts: list[MadeAccount] = []
    for _ in range(users):
        user = a_user(session)
        mine = [an_account(session, user, platform) for platform in TEXT]
        accounts += mine
        a_post(session, user, mine, due_in=timedelta(seconds=due_in))
    system.know(*accounts)
    return len(accounts)


def finished(session: psycopg.Connection) -> bool:
    query = "SELECT count(*) FROM post_publications WHERE status IN ('scheduled', 'publishing')"
    return bool(value(session, query) == 0)


def finished_in_time(session: psycopg.Connection) -> bool:
    """What is in doubt is asked about minutes later: the minutes are made to pass."""
    let_time_pass(session)
    return finished(session)


def summary(system: System) -> dict[str, object]:
    found = httpx.get(f"{system.sandbox_url}/_sandbox/ledger", params={"summary": "1"})
    return dict(found.json())


def test_nothing_is_lost_or_doubled_when_redis_is_flushed_and_a_worker_is_killed(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    count = some_posts(system, connection, users=25, due_in=2.0)
    httpx.post(f"{system.sandbox_url}/_sandbox/settings", json={"latency": 0.1})
    with everything(database_url, redis_url, system.sandbox_url, tmp_path) as processes:
        eventually(lambda: len(system.accepted()) > count / 5, within=30)
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        os.killpg(processes["publisher"].pid, signal.SIGKILL)
        eventually(lambda: finished_in_time(connection), within=90, every=1.0)
    assert summary(system)["duplicates"] == []
    published = value(
        connection, "SELECT count(*) FROM post_publications WHERE status = 'published'"
    )
    assert len(system.accepted()) == published == count


def test_nothing_is_lost_or_doubled_when_every_connection_to_the_database_breaks(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    count = some_posts(system, connection, users=25, due_in=2.0)
    httpx.post(f"{system.sandbox_url}/_sandbox/settings", json={"latency": 0.05})
    with everything(database_url, redis_url, system.sandbox_url, tmp_path):
        for share in (8, 4, 2):
            eventually(lambda share=share: len(system.accepted()) > count / share, within=60)  # type: ignore[misc]
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        eventually(lambda: finished_in_time(connection), within=90, every=1.0)
    assert summary(system)["duplicates"] == []
    assert len(system.accepted()) == count


@pytest.mark.parametrize("name", ["scheduler-1", "publisher-2"])
def test_a_process_told_to_stop_finishes_its_work_and_ends_in_good_order(
    name: str,
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    count = some_posts(system, connection, users=2, due_in=0.0)
    with everything(database_url, redis_url, system.sandbox_url, tmp_path) as processes:
        eventually(lambda: finished(connection), within=30)
        processes[name].terminate()
        assert processes[name].wait(20) == 0
    assert len(system.accepted()) == count


def run_to_the_end(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=stage.ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_process_with_faulty_settings_lists_every_fault_and_ends():
    bare = {"PATH": os.environ["PATH"], "MAX_RETRIES": "many"}
    for command in (stage.scheduler_command(), stage.publisher_command(processes=1, threads=1)):
        done = run_to_the_end(command, bare)
        assert done.returncode != 0
        for name in ("DATABASE_URL", "REDIS_URL", "TOKEN_KEYS", "MAX_RETRIES"):
            assert name in done.stderr


@pytest.mark.parametrize(
    "command",
    [stage.scheduler_command(), stage.publisher_command(processes=1, threads=1)],
    ids=["scheduler", "publisher"],
)
def test_a_process_refuses_a_database_older_than_itself(
    command: list[str], empty_database_url: str, redis_url: str
):
    environ = stage.environment(empty_database_url, redis_url, "http://127.0.0.1:1", TOKEN_KEYS)
    done = run_to_the_end(command, environ)
    assert done.returncode != 0
    assert "0001_types_and_tables" in done.stderr
    assert "make migrate" in done.stderr


def test_a_publisher_without_a_database_ends_rather_than_throw_messages_away(redis_url: str):
    environ = stage.environment(
        "postgresql://nobody@127.0.0.1:1/x", redis_url, "http://127.0.0.1:1", TOKEN_KEYS
    )
    done = run_to_the_end(stage.publisher_command(processes=1, threads=1), environ)
    assert done.returncode != 0
    assert "the database cannot be reached" in done.stderr
