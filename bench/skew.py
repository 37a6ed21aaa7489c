"""skew: one tenant with very many posts due, beside 100 tenants with 10 each, all at one instant.

How late the posts of the hundred are, at 99 %, beside what it is without the one. Every tenant has
an account on each of three platforms. The one's posts are not waited for: an account's go one after
another.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Final
from uuid import UUID

import psycopg

from bench import load
from bench.ground import Ground, ground
from bench.ours import GIVE_UP, THREADS, ours
from bench.report import Figure, Target, show

TENANTS: Final = 100
EACH: Final = 10
LEAD: Final = timedelta(seconds=2)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=50_000, help="of the one tenant")
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")


def run(options: argparse.Namespace) -> int:
    """0: the target was met; 1: it was missed."""
    with ground(0.0) as place:
        solo = _late(place, options, 0)
        beside = _late(place, options, options.publications)
    figures = [
        Figure("alone: late, median", solo[0], "s"),
        Figure("alone: late, 99 %", solo[1], "s"),
        Figure("beside it: late, median", beside[0], "s"),
        Figure("beside it: late, 99 %", beside[1], "s"),
        Figure("99 % of alone", beside[1] / solo[1], "x", Target(2, "low")),
    ]
    workers = {"processes": options.processes, "threads": options.threads}
    settings = {"publications": options.publications, **workers}
    return 0 if show(f"skew-{options.publications}", settings, figures) else 1


def _late(place: Ground, options: argparse.Namespace, crowd: int) -> tuple[float, float]:
    """Median and 99 % of the hundred's seconds late, beside a tenant with ``crowd`` posts."""
    system = ours(place, processes=options.processes, threads=options.threads)
    with system.running(), psycopg.connect(system.database_url) as session:
        own = len(load.PLATFORMS)
        accounts = load.connect_accounts(session, system.keyring, (TENANTS + 1) * own)
        its, others = accounts[:own], accounts[own:]
        theirs = [
            others[tenant * own + number % own]
            for tenant in range(TENANTS)
            for number in range(EACH)
        ]
        posts = [*theirs, *(its[number % own] for number in range(crowd))]
        wait = LEAD + timedelta(seconds=crowd / 2000)
        due = datetime.now(UTC) + wait  # noqa: TID251  the time itself
        load.schedule(session, posts, [due] * len(posts))
        place.arrivals()
        threading.Event().wait(wait.total_seconds())
        _wait_for(session, others)
        arrivals = place.arrivals()
    wanted = [load.item(account, number) for number, account in enumerate(theirs)]
    if any(len(arrivals.get(item, ())) != 1 for item in wanted):
        raise RuntimeError("not every item was posted exactly once")
    cuts = quantiles((arrivals[item][0] - due.timestamp() for item in wanted), n=100)
    return cuts[49], cuts[98]


def _wait_for(session: psycopg.Connection, accounts: Sequence[UUID]) -> None:
    """Until nothing is left of these accounts. Raises `TimeoutError`."""
    query = (
        "SELECT FROM post_publications WHERE status IN ('scheduled', 'publishing')"
        " AND social_account_id = ANY (%s) LIMIT 1"
    )
    session.autocommit = True
    until = time.monotonic() + GIVE_UP
    while session.execute(query, [list(accounts)]).fetchone() is not None:
        if time.monotonic() > until:
            raise TimeoutError(f"not done after {GIVE_UP} seconds")
        threading.Event().wait(0.1)
