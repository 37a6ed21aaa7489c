"""trickle: a few posts a second at random instants, for a while.

How late each call reached the platform after its post was due, with everything else idle. No call
may be early, and every item must come exactly once.
"""

from __future__ import annotations

import argparse
import random
import threading
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Final

import psycopg

from bench import load
from bench.ground import Ground, ground
from bench.ours import THREADS, Ours, ours
from bench.report import Figure, Target, show

LEAD: Final = timedelta(seconds=5)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, default=50.0, help="posts a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")


def run(options: argparse.Namespace) -> int:
    """0: all targets met; 1: one was missed."""
    with ground(0.0) as place:
        system = ours(place, processes=options.processes, threads=options.threads)
        lateness = late(place, system, options)
    cuts = quantiles(lateness, n=100)
    figures = [
        Figure("publications", len(lateness), ""),
        Figure("late, earliest", lateness[0] * 1000, "ms", Target(0, "high")),
        Figure("late, median", cuts[49] * 1000, "ms", Target(10, "low")),
        Figure("late, 99 %", cuts[98] * 1000, "ms", Target(30, "low")),
        Figure("late, most", lateness[-1] * 1000, "ms"),
    ]
    settings = {"rate": options.rate, "seconds": options.seconds}
    return 0 if show("trickle", settings, figures) else 1


def late(place: Ground, system: Ours, options: argparse.Namespace) -> list[float]:
    """Seconds from due to call, sorted, of ``rate`` posts a second for so many ``seconds``. Raises
    `RuntimeError` when one was lost or doubled."""
    count = round(options.rate * options.seconds)
    draw = random.Random(count)
    with system.running(), psycopg.connect(system.database_url) as session:
        accounts = load.connect_accounts(session, system.keyring, count)
        begin = datetime.now(UTC) + LEAD  # noqa: TID251  the time itself
        due = [begin + timedelta(seconds=draw.random() * options.seconds) for _ in accounts]
        load.schedule(session, accounts, due)
        place.arrivals()
        threading.Event().wait(options.seconds)
        system.wait_until_done()
    arrivals = place.arrivals()
    wanted = {
        load.item(account, number): at.timestamp()
        for number, (account, at) in enumerate(zip(accounts, due, strict=True))
    }
    if set(arrivals) != set(wanted) or any(len(times) > 1 for times in arrivals.values()):
        raise RuntimeError("not every item was posted exactly once")
    return sorted(arrivals[key][0] - at for key, at in wanted.items())
