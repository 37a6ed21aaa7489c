"""Break everything, and let the platforms' ledger judge: ``make chaos``.

Real PostgreSQL, Redis, schedulers and publishers, with a proxy on every link that drops, stalls
and swallows replies. First each outage alone, measured: a publisher killed, Redis flushed,
PostgreSQL killed. Then all at once, at random from a seed: kills and pauses of processes, restarts
of servers, broken networks, platforms that fail before and after accepting. In the end every
publication has to be on its platform once, not before its time, and its row has to say so.

Exit code 0 if every promise was kept, else 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from db.migrate import migrate
from db.seal import Keyring, new_key
from dev.chaos.phases import Finding, Plan, Run
from dev.chaos.system import running, supervised


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every promise was kept; 1: not."""
    options = _options(arguments)
    plan = Plan(
        publications=options.publications,
        kills=options.kills,
        kill_every=options.every,
        drain=options.drain,
        seed=options.seed,
        outages=not options.storm,
    )
    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"{plan.publications} publications, {plan.kills} kills, one every {plan.kill_every:g} s,"
        f" seed {plan.seed}"
    )
    with tempfile.TemporaryDirectory(prefix="publishing-chaos-") as folder:
        Path(folder).chmod(0o755)
        kept = _run(console, Path(folder), plan)
    console.print("[green]every promise was kept" if kept else "[red]NOT every promise was kept")
    return 0 if kept else 1


def _run(console: Console, folder: Path, plan: Plan) -> bool:
    keys = new_key("chaos")
    kept, start = True, time.monotonic()
    with running(folder, keys) as system:
        migrate(system.direct_database_url)
        with supervised(system) as supervisor:
            for finding in Run(system, Keyring.parse(keys), plan).phases():
                _tell(console, finding, time.monotonic() - start)
                kept = kept and finding.kept is not False
        console.print(f"{supervisor.restarts} processes were started again", style="dim")
    return kept


def _tell(console: Console, finding: Finding, seconds: float) -> None:
    mark = {True: "[green]kept[/]", False: "[red]NOT[/] ", None: "    "}[finding.kept]
    console.print(f"{seconds:6.0f} s  {mark}  {finding.phase:<22} {finding.words}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example: make chaos ARGS="--publications 20000 --kills 200 --seed 2"',
    )
    parser.add_argument("--publications", type=int, default=1000, help="how many, default 1000")
    parser.add_argument("--kills", type=int, default=20, help="of processes, default 20")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between kills, default 2")
    parser.add_argument("--drain", type=float, default=900.0, help="seconds for the rest, at most")
    parser.add_argument("--seed", type=int, default=1, help="of everything random, default 1")
    parser.add_argument("--storm", action="store_true", help="only the storm, no outage alone")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
