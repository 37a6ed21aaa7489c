"""Measurements: ``make bench``, or ``python -m bench <case> [--help]``.

Each case starts PostgreSQL (durable) and Redis of its own, or uses those of DATABASE_URL and
REDIS_URL, runs its yardsticks on them in turn, prints a table with targets met or missed, and
writes .local/bench/<case>.json. Read the ratios: they hold within a run, rates do not travel.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from bench import (
    backlog,
    burst,
    deep,
    figures,
    flush,
    grow,
    history,
    idle,
    skew,
    statements,
    trickle,
)

CASES: Final = {
    "burst": burst,
    "flush": flush,
    "trickle": trickle,
    "deep": deep,
    "statements": statements,
    "skew": skew,
    "idle": idle,
    "grow": grow,
    "backlog": backlog,
    "figures": figures,
    "history": history,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every target was met; 1: one was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cases = parser.add_subparsers(dest="case", metavar="case")
    for name, case in CASES.items():
        chosen = cases.add_parser(
            name, description=case.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        case.add_arguments(chosen)
    options = parser.parse_args(arguments or ["burst"])
    status: int = CASES[options.case].run(options)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
