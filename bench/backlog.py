"""backlog: posts due a few a second beside 100,000 publications whose figures are to be read.

The same posts go out twice: once while the analytics process has nothing to do, once while it works
off the backlog, a hundred publications a call. Publishing has processes and queues of its own, so
its lateness should be the same within noise; on a small box the two still share the cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import quantiles
from typing import Final

import psycopg

from bench import load, trickle
from bench.ground import ground
from bench.ours import THREADS, Ours, ours
from bench.report import Figure, Target, show
from domain.content import Platform

AN_ACCOUNT_HAS: Final = 100
WITHIN_NOISE: Final = 1.5
PUBLISHED: Final = (
    "INSERT INTO posts (user_id, content, status, published_at, scheduled_at)"
    " SELECT a.user_id, 'backlog ' || n, 'published', now() - interval '3 hours', now()"
    " FROM social_accounts a, generate_series(1, %s) n WHERE a.username = 'backlog'"
)
PUBLICATIONS: Final = (
    "INSERT INTO post_publications (post_id, social_account_id, platform, status, published_at,"
    " scheduled_for, platform_post_id)"
    " SELECT p.id, a.id, a.platform, 'published', p.published_at, p.published_at,"
    " (10000000000 + row_number() OVER ())::text"
    " FROM posts p JOIN social_accounts a ON a.user_id = p.user_id"
    " WHERE a.username = 'backlog' AND p.content LIKE 'backlog %'"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=100_000, help="of the backlog")
    parser.add_argument("--rate", type=float, default=50.0, help="posts a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")


def run(options: argparse.Namespace) -> int:
    """0: all targets met; 1: one was missed."""
    with ground(0.0) as place:
        system = ours(place, processes=options.processes, threads=options.threads, analytics=True)
        alone = trickle.late(place, system, options)
        _write(system, options.publications)
        beside = trickle.late(place, system, options)
        taken = _snapshots(system)
    figures = [
        *_lateness("alone", alone),
        *_lateness("beside the backlog", beside),
        Figure(
            "99 %, beside to alone",
            _cut(beside, 99) / _cut(alone, 99),
            "x",
            Target(WITHIN_NOISE, "low"),
        ),
        Figure("snapshots taken meanwhile", taken, ""),
    ]
    settings = {"backlog": options.publications, "rate": options.rate, "seconds": options.seconds}
    return 0 if show("backlog", settings, figures) else 1


def _write(system: Ours, count: int) -> None:
    """Accounts with publications that are three hours old and were never read."""
    with psycopg.connect(system.database_url) as session:
        accounts = load.connect_accounts(
            session, system.keyring, count // AN_ACCOUNT_HAS, (Platform.TWITTER,)
        )
        session.execute(
            "UPDATE social_accounts SET username = 'backlog' WHERE id = ANY(%s)", [accounts]
        )
        session.execute(PUBLISHED, [AN_ACCOUNT_HAS])
        session.execute(PUBLICATIONS)
        session.execute("DELETE FROM publication_checks")


def _snapshots(system: Ours) -> int:
    with psycopg.connect(system.database_url) as session:
        row = session.execute("SELECT count(*) FROM analytics").fetchone()
    return int(row[0]) if row else 0


def _lateness(name: str, late: Sequence[float]) -> list[Figure]:
    return [
        Figure(f"{name}: late, median", _cut(late, 50) * 1000, "ms"),
        Figure(f"{name}: late, 99 %", _cut(late, 99) * 1000, "ms"),
    ]


def _cut(late: Sequence[float], percent: int) -> float:
    return quantiles(late, n=100)[percent - 1]
