"""idle: everything runs, and there is nothing to do. CPU of all processes, in percent of a core."""

from __future__ import annotations

import argparse
import threading
from typing import Final

from bench.ground import ground
from bench.ours import THREADS, ours
from bench.report import Figure, Target, show
from bench.usage import spent, usage

SETTLE: Final = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--schedulers", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="threads of each")


def run(options: argparse.Namespace) -> int:
    """0: the target was met; 1: it was missed."""
    workers = {"processes": options.processes, "threads": options.threads}
    with ground(0.0) as place:
        system = ours(place, schedulers=options.schedulers, **workers)
        with system.running() as pids:
            threading.Event().wait(SETTLE)
            before = usage(pids)
            threading.Event().wait(options.seconds)
            used = spent(before, usage(pids))
    shares = {kind: cpu / options.seconds * 100 for kind, cpu in used.items()}
    figures = [Figure(f"CPU of {kind}", share, "%") for kind, share in shares.items()]
    figures.append(Figure("CPU in all", sum(shares.values()), "%", Target(2, "low")))
    settings = {"seconds": options.seconds, "schedulers": options.schedulers, **workers}
    return 0 if show("idle", settings, figures) else 1
