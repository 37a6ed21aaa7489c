"""burst: many publications due at one instant, on as many accounts.

Publications a second to drain, how late the calls reached the platform, CPU seconds for a thousand
publications and peak memory, beside three yardsticks that run before and after it: the bare loop,
bare dramatiq (of 32 threads, or with latency as many as ours), and pgbench of their two updates.
Every item must reach the platform exactly once.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, median, quantiles
from typing import Final

import psycopg

from bench import bare, load
from bench.bare import Bare
from bench.ground import Ground, ground
from bench.ours import THREADS, Ours, ours
from bench.report import Figure, Target, show
from bench.usage import spent, usage

LEAD: Final = timedelta(seconds=2)
# At least so much of bare dramatiq's rate: when the platform answers at once, and when it does not.
AT_ONCE: Final = 1.5
WITH_LATENCY: Final = 1.25
# Those of bare dramatiq when the platform answers at once; else it has as many as ours.
BARE_THREADS: Final = 32


@dataclass(frozen=True, slots=True)
class Drained:
    """One burst: publications a second, seconds late of every call, CPU seconds by kind of
    process, and MiB at the peak of our own processes."""

    rate: float
    lateness: list[float]
    cpu: Mapping[str, float]
    memory: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")
    parser.add_argument("--latency", type=float, default=0.0, help="of each call, in seconds")
    parser.add_argument("--rounds", type=int, default=1, help="each in turn, medians are told")


def run(options: argparse.Namespace) -> int:
    """0: all targets met; 1: one was missed."""
    many, workers = options.publications, (options.processes, options.threads)
    bare_threads = options.threads if options.latency else BARE_THREADS
    drained: list[Drained] = []
    loops: list[Bare] = []
    actors: list[Bare] = []
    with ground(options.latency) as place:
        for _ in range(options.rounds):
            loops.append(bare.loop(place, many))
            drained.append(drain(place, many, *workers))
            actors.append(bare.dramatiq(place, many, processes=workers[0], threads=bare_threads))
        updates = bare.pgbench(place)
    settings = {
        "publications": many,
        "latency_ms": round(options.latency * 1000),
        "worker_processes": options.processes,
        "threads": options.threads,
        "threads of bare dramatiq": bare_threads,
        "rounds": options.rounds,
    }
    figures = _figures(drained, loops, actors, many, options.latency)
    figures.append(Figure("pgbench, two updates", updates, "1/s"))
    name = f"burst-{many}-{round(options.latency * 1000)}ms"
    return 0 if show(name, settings, figures) else 1


def drain(
    place: Ground,
    count: int,
    processes: int,
    threads: int,
    disturb: Callable[[Ours], None] | None = None,
) -> Drained:
    """One burst; ``disturb`` is called when it begins. Raises `RuntimeError` when an item was lost
    or posted twice."""
    system = ours(place, processes=processes, threads=threads)
    with system.running() as pids, psycopg.connect(system.database_url) as session:
        accounts = load.connect_accounts(session, system.keyring, count)
        due = _now() + LEAD + timedelta(seconds=count / 2000)
        load.schedule(session, accounts, [due] * count)
        place.arrivals()
        ahead = due - _now() - timedelta(milliseconds=200)
        if ahead <= timedelta(0):
            raise RuntimeError("the rows took too long to write: run it again")
        threading.Event().wait(ahead.total_seconds())
        before = usage(pids)
        if disturb is not None:
            disturb(system)
        system.wait_until_done()
        after = usage(pids)
    return Drained(
        rate=count / _seconds(system),
        lateness=_lateness(place, due, count),
        cpu=spent(before, after),
        memory=sum(after[name].memory for name in after if name not in place.pids),
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the time itself


def _seconds(system: Ours) -> float:
    query = "SELECT extract(epoch FROM max(published_at - scheduled_for))::float8"
    with psycopg.connect(system.database_url) as session:
        row = session.execute(f"{query} FROM post_publications".encode()).fetchone()
    if row is None:
        raise TypeError("an aggregate has one row")
    return float(row[0])


def _lateness(place: Ground, due: datetime, count: int) -> list[float]:
    arrivals = place.arrivals()
    doubled = [key for key, times in arrivals.items() if len(times) > 1]
    if len(arrivals) != count or doubled:
        raise RuntimeError(f"{len(arrivals)} of {count} items posted, {len(doubled)} twice or more")
    return sorted(times[0] - due.timestamp() for times in arrivals.values())


def _figures(
    drained: Sequence[Drained],
    loops: Sequence[Bare],
    actors: Sequence[Bare],
    count: int,
    latency: float,
) -> list[Figure]:
    rate = median(one.rate for one in drained)
    loop, actor = (median(one.rate for one in some) for some in (loops, actors))
    late = [at for one in drained for at in one.lateness]
    cuts = quantiles(late, n=100)
    target = Target(WITH_LATENCY if latency else AT_ONCE, "high")
    return [
        Figure("publications", rate, "1/s"),
        Figure("of bare dramatiq", rate / actor, "x", target),
        Figure("of the bare loop", rate / loop, "x"),
        Figure("late, median", cuts[49], "s"),
        Figure("late, 99 %", cuts[98], "s"),
        Figure("late, most", max(late), "s"),
        *_cpu("ours", [one.cpu for one in drained], count),
        Figure("peak memory, schedulers and workers", max(one.memory for one in drained), "MiB"),
        Figure("bare dramatiq", actor, "1/s"),
        *_cpu("bare dramatiq", [one.cpu for one in actors], count),
        Figure("bare loop", loop, "1/s"),
        *_cpu("bare loop", [one.cpu for one in loops], count),
    ]


def _cpu(who: str, rounds: Sequence[Mapping[str, float]], count: int) -> list[Figure]:
    shares = {kind: mean(one[kind] for one in rounds) / count * 1000 for kind in rounds[0]}
    each = [Figure(f"{who}: CPU of {kind}", share, "s/1000") for kind, share in shares.items()]
    return [*each, Figure(f"{who}: CPU in all", sum(shares.values()), "s/1000")]
