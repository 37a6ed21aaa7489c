"""Processes that are stopped, paused and started anew under load: nothing fails, nothing twice."""

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

from dev import stage
from domain.content import Platform
from tests.make import TOKEN_KEYS, MadeAccount, a_post, a_user, an_account, row_of, value
from tests.system import System
from tests.waiting import eventually

TEXT = (Platform.TWITTER, Platform.THREADS, Platform.FACEBOOK, Platform.LINKEDIN)
COMMANDS = {
    "scheduler": stage.scheduler_command(),
    "publisher": stage.publisher_command(processes=1, threads=8),
}


@contextmanager
def started(name: str, environ: dict[str, str], logs: Path) -> Iterator[subprocess.Popen[bytes]]:
    with stage.running({name: COMMANDS[name]}, environ, logs) as processes:
        yield processes[name]


def posts(system: System, session: psycopg.Connection, users: int) -> int:
    accounts: list[MadeAccount] = []
    for _ in range(users):
        user = a_user(session)
        mine = [an_account(session, user, platform) for platform in TEXT]
        accounts += mine
        for late in range(2):
            a_post(session, user, mine, due_in=timedelta(seconds=late))
    system.know(*accounts)
    return 2 * len(accounts)


def answer_after(system: System, seconds: float) -> None:
    """Every call from now on."""
    httpx.post(f"{system.sandbox_url}/_sandbox/settings", json={"latency": seconds})


def left(session: psycopg.Connection) -> int:
    query = "SELECT count(*) FROM post_publications WHERE status IN ('scheduled', 'publishing')"
    return int(value(session, query))


def test_a_rolling_restart_of_everything_during_a_burst_fails_nothing(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    environ = stage.environment(database_url, redis_url, system.sandbox_url, TOKEN_KEYS)
    answer_after(system, 0.1)
    count = posts(system, connection, users=20)
    with (
        started("scheduler", environ, tmp_path / "a") as old_scheduler,
        started("publisher", environ, tmp_path / "b") as old_publisher,
    ):
        eventually(lambda: len(system.accepted()) > count / 8, within=60)
        answer_after(system, 2.0)  # no machine is through with the burst before the old ones stop
        with (
            started("publisher", environ, tmp_path / "c"),
            started("scheduler", environ, tmp_path / "d"),
        ):
            for old in (old_publisher, old_scheduler):
                assert left(connection) > 0, "it is in the middle of the burst"
                old.terminate()
                assert old.wait(30) == 0
            answer_after(system, 0.1)
            eventually(lambda: left(connection) == 0, within=120)
    assert len(system.accepted()) == count
    query = (
        "SELECT count(*) FILTER (WHERE status = 'published'), sum(retry_count), sum(crash_count)"
        " FROM post_publications"
    )
    assert connection.execute(query.encode()).fetchone() == (count, 0, 0)
    assert value(connection, "SELECT count(*) FROM publication_attempts WHERE event = 'lost'") == 0


def test_a_worker_paused_over_its_lease_sends_nothing_and_writes_nothing_when_it_wakes(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    environ = stage.environment(database_url, redis_url, system.sandbox_url, TOKEN_KEYS)
    user = a_user(connection)
    account = an_account(connection, user, Platform.THREADS)
    system.know(account)
    post = a_post(connection, user, [account])
    system.break_with(platform="threads", step="prepare", action="delay", seconds=1.5)
    with (
        started("scheduler", environ, tmp_path / "a"),
        started("publisher", environ, tmp_path / "b") as sleeper,
    ):
        held = "SELECT count(*) FROM post_publications WHERE lease_token IS NOT NULL"
        eventually(lambda: value(connection, held) == 1, within=30, every=0.005)
        os.killpg(sleeper.pid, signal.SIGSTOP)
        try:
            connection.execute("UPDATE post_publications SET lease_until = now()")
            with started("publisher", environ, tmp_path / "c"):
                eventually(lambda: left(connection) == 0, within=60)
                done = row_of(connection, "post_publications", post.only)
        finally:
            os.killpg(sleeper.pid, signal.SIGCONT)
        log = tmp_path / "b" / "publisher.log"
        eventually(lambda: "publish.let_go" in log.read_text(), within=30)
    assert done.status == "published"
    assert row_of(connection, "post_publications", post.only) == done
    assert len(system.accepted()) == 1
