"""flush: a burst with everything in Redis deleted half way, beside the same burst left alone.

Every item must reach the platform exactly once, and the last no more than ten seconds later.
"""

from __future__ import annotations

import argparse
import threading
from typing import Final

import psycopg
import redis

from bench.burst import drain
from bench.ground import ground
from bench.ours import THREADS, Ours
from bench.report import Figure, Target, show

EXTRA_SECONDS: Final = 10.0
LEFT: Final = "SELECT count(*) FROM post_publications WHERE status IN ('scheduled', 'publishing')"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")


def run(options: argparse.Namespace) -> int:
    """0: the target was met; 1: it was missed."""
    many, workers = options.publications, (options.processes, options.threads)
    with ground(0.0) as place:
        alone = drain(place, many, *workers)
        flushed = drain(place, many, *workers, disturb=_flush_half_way)
    took, usual = many / flushed.rate, many / alone.rate
    figures = [
        Figure("left alone: until the last", usual, "s"),
        Figure("flushed: until the last", took, "s"),
        Figure("extra", took - usual, "s", Target(EXTRA_SECONDS, "low")),
        Figure("left alone: late, most", max(alone.lateness), "s"),
        Figure("flushed: late, most", max(flushed.lateness), "s"),
    ]
    settings = {"publications": many, "worker_processes": workers[0], "threads": workers[1]}
    return 0 if show(f"flush-{many}", settings, figures) else 1


def _flush_half_way(system: Ours) -> None:
    with psycopg.connect(system.database_url, autocommit=True) as session:
        row = session.execute(LEFT).fetchone()
        half = row[0] / 2 if row else 0
        while row and row[0] > half:
            threading.Event().wait(0.1)
            row = session.execute(LEFT).fetchone()
    with redis.Redis.from_url(system.ground.redis_url) as client:
        client.flushall()
