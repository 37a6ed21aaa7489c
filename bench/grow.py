"""grow: how cost grows with work. Bursts with 1, 2, 4 and 8 worker processes, and one ten times as
large with the usual number of them.

The first tell what another process gives; the last, beside the same with a tenth, whether a
publication costs more when more are waiting.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import quantiles
from typing import Final

from bench.burst import Drained, drain
from bench.ground import ground
from bench.ours import THREADS
from bench.report import Figure, show

PROCESSES: Final = (1, 2, 4, 8)
USUAL: Final = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=5_000)
    parser.add_argument(
        "--threads", type=int, default=THREADS, help="threads of each worker process"
    )


def run(options: argparse.Namespace) -> int:
    """Always 0: there is no target."""
    many, threads = options.publications, options.threads
    figures: list[Figure] = []
    with ground(0.0) as place:
        for processes in PROCESSES:
            drained = drain(place, many, processes, threads)
            figures += _figures(f"{processes} processes", many, drained)
        drained = drain(place, many * 10, USUAL, threads)
        figures += _figures(f"{USUAL} processes, ten times as many", many * 10, drained)
    show("grow", {"publications": many, "threads": threads}, figures)
    return 0


def _figures(who: str, count: int, drained: Drained) -> Sequence[Figure]:
    cpu = sum(drained.cpu.values()) / count * 1000
    return [
        Figure(f"{who}: publications", drained.rate, "1/s"),
        Figure(f"{who}: late, 99 %", quantiles(drained.lateness, n=100)[98], "s"),
        Figure(f"{who}: CPU in all", cpu, "s/1000"),
        Figure(f"{who}: peak memory", drained.memory, "MiB"),
    ]
