"""history: reading five million snapshots of twelve months, and archiving the oldest month.

The questions of `publishing analytics` for posts, accounts and users that are drawn at random, with
the plan of the last; then the archive of one month in a process of its own, and its peak memory.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from bench import past
from bench.report import Figure, Target, show
from db import maintenance, reports
from db.engine import Engine, make_engine
from db.migrate import migrate
from db.reports import Query, Question, Scope
from dev import stage
from dev.servers import servers
from domain.analytics import AnalyticsPeriod
from runtime import clock

MONTH: Final = timedelta(days=30)
YEAR: Final = timedelta(days=360)
QUICK: Final = Target(50, "low")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=5_000_000, help="snapshots (5,000,000)")
    parser.add_argument("--questions", type=int, default=30, help="of each kind (30)")


def run(options: argparse.Namespace) -> int:
    """0: all targets met; 1: one was missed."""
    with tempfile.TemporaryDirectory(prefix="publishing-bench-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        with servers(root, os.environ) as found:
            migrate(found.database_url)
            with psycopg.connect(found.database_url, autocommit=True) as session:
                rows = past.make(session, options.rows)
                engine = make_engine(found.database_url, application_name="bench")
                figures = [
                    *_questions(engine, session, options.questions),
                    *_refresh(engine),
                    *_archive(found.database_url, root / "archive"),
                ]
                engine.dispose()
    return 0 if show("history", {"rows": f"{rows:,}"}, figures) else 1


def _questions(engine: Engine, session: psycopg.Connection, count: int) -> list[Figure]:
    now = clock.now()
    daily, monthly = AnalyticsPeriod.DAILY, AnalyticsPeriod.MONTHLY
    recent = "SELECT id FROM posts WHERE published_at > now() - interval '30 days'"

    def asked(scope: Scope, period: AnalyticsPeriod, back: timedelta) -> Callable[[UUID], Question]:
        return lambda found: Question(scope, found, period, now - back, now)

    post, account = asked(Scope.POST, daily, MONTH), asked(Scope.ACCOUNT, daily, MONTH)
    year, user = asked(Scope.ACCOUNT, monthly, YEAR), asked(Scope.USER, daily, MONTH)
    later = now + YEAR  # far enough for the ready days to be of no use
    accounts, users = "SELECT id FROM social_accounts", "SELECT id FROM users"
    kinds: Sequence[tuple[str, str, Callable[[UUID], Query], Target | None]] = (
        ("post, last 30 days", recent, lambda one: reports.series(post(one), now), QUICK),
        ("account's month, ready", accounts, lambda one: reports.series(account(one), now), QUICK),
        (
            "account's month, summed",
            accounts,
            lambda one: reports.series(account(one), later),
            None,
        ),
        ("account's year, by month", accounts, lambda one: reports.series(year(one), now), None),
        ("user's month, ready", users, lambda one: reports.series(user(one), now), QUICK),
        (
            "user's top posts of 30 days",
            users,
            lambda one: reports.top_posts(user(one), "impressions", 10),
            QUICK,
        ),
    )
    return [
        figure
        for name, ids, query, target in kinds
        for figure in _timed(engine, name, _drawn(session, ids, count), query, target)
    ]


def _timed(
    engine: Engine,
    name: str,
    ids: Sequence[UUID],
    query: Callable[[UUID], Query],
    target: Target | None,
) -> list[Figure]:
    taken = []
    with engine.connect() as connection:
        for one in ids:
            began = clock.monotonic()
            reports.rows(connection, query(one))
            taken.append((clock.monotonic() - began) * 1000)
        print(f"\n{name}\n{_plan(engine, query(ids[-1]))}")
    return [
        Figure(f"{name}, median", median(taken), "ms", target),
        Figure(f"{name}, slowest", max(taken), "ms"),
    ]


def _plan(engine: Engine, query: Query) -> str:
    compiled = query.compile(
        dialect=postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    words = str(compiled).replace(":", r"\:")
    explain = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) "
    with engine.connect() as connection:
        lines = connection.execute(text(explain + words)).scalars()
        return "\n".join(line for line in lines if "->" in line or "Index" in line or "Buf" in line)


def _drawn(session: psycopg.Connection, query: str, count: int) -> list[UUID]:
    found = [row[0] for row in session.execute(query.encode())]
    return random.Random(1).sample(found, min(count, len(found)))


def _refresh(engine: Engine) -> list[Figure]:
    began = clock.monotonic()
    maintenance.refresh_days(engine, timedelta(0))
    return [Figure("refresh of account_days", clock.monotonic() - began, "s")]


def _archive(database_url: str, folder: Path) -> list[Figure]:
    older = ("--older-than", f"{past.MONTHS - 1}months")
    began = clock.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", *("analytics", "archive", "--to", str(folder)), *older],
        cwd=stage.ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    (file,) = folder.glob("*.parquet")
    return [
        Figure("archive of the oldest month", clock.monotonic() - began, "s"),
        Figure("archive, file", file.stat().st_size / 1e6, "MB"),
        Figure("archive, peak memory", usage.ru_maxrss / 1024, "MiB", Target(400, "low")),
        Figure("archive, exit code", process.returncode, "", Target(0, "low")),
    ]
