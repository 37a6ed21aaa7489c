"""Measurements: ``make bench``, or ``python -m bench burst [--flush]``.

burst: many publications due at one instant, through two schedulers and two worker processes, to
the sandbox; how late the first, the median and the last were, and how many a second. With
--flush, everything in Redis is deleted in the middle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.burst import Burst, run


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every publication was accepted exactly once; 1: not."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", default="burst", choices=["burst"])
    parser.add_argument("--publications", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2, help="worker processes")
    parser.add_argument("--threads", type=int, default=32, help="threads of each")
    parser.add_argument("--latency", type=float, default=0.0, help="of each call, in seconds")
    parser.add_argument("--flush", action="store_true", help="FLUSHALL in the middle")
    options = parser.parse_args(arguments)
    return run(
        Burst(
            publications=options.publications,
            processes=options.processes,
            threads=options.threads,
            latency=options.latency,
            flush=options.flush,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
