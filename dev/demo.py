"""Posts going out, seen live: ``python -m dev.demo [--stay]``.

Starts PostgreSQL, Redis, the sandbox of the six platforms, a scheduler and workers; writes posts
as another service would; shows each go from scheduled to published, and how late it was; ends with
what was promised against what the platforms accepted. Exit code 0 if all of it was kept, else 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

import httpx
import psycopg
from rich.console import Console
from rich.live import Live

from db.migrate import migrate
from db.seal import Keyring
from dev import cast, stage
from dev.scoreboard import Line, Scoreboard, read, table, verdict
from dev.servers import LOCAL, servers
from sandbox.process import start as start_sandbox

WITHIN: Final = 55.0
EVERY: Final = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """0: everything as promised; 1: not."""
    parser = argparse.ArgumentParser(
        prog="make demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stay", action="store_true", help="leave everything running in the end")
    options = parser.parse_args(arguments)
    console = Console()
    with ExitStack() as stack:
        console.print("Starting PostgreSQL, Redis and the sandbox …")
        found = stack.enter_context(servers(LOCAL / "demo", os.environ))
        sandbox = stack.enter_context(start_sandbox())
        migrate(found.database_url)
        keys = cast.new_key()
        environ = stage.environment(found.database_url, found.redis_url, sandbox.url, keys)
        commands = {
            "scheduler": stage.scheduler_command(),
            "publisher": stage.publisher_command(processes=2, threads=16),
        }
        stack.enter_context(stage.running(commands, environ, LOCAL / "demo" / "logs"))
        kept = play(console, found.database_url, sandbox.url, Keyring.parse(keys))
        if options.stay:
            _stay(console, environ)
    return 0 if kept else 1


def play(console: Console, database_url: str, sandbox_url: str, keyring: Keyring) -> bool:
    """The whole piece; whether every promise was kept."""
    run = uuid.uuid4().hex[:6]
    acts = cast.script(run, f"{sandbox_url}/_sandbox/media")
    with psycopg.connect(database_url, connect_timeout=5, prepare_threshold=None) as session:
        members = cast.enrol(session, sandbox_url, keyring, run)
        cast.stage_faults(sandbox_url, run)
        cast.schedule(session, members, acts)
        session.autocommit = True
        board = Scoreboard([member.id for member in members])
        lines = _watch(console, lambda: read(session, board))
    accepted = httpx.get(f"{sandbox_url}/_sandbox/ledger").json()["posts"]
    kept, summary = verdict(lines, [post["text"] for post in accepted if run in post["text"]])
    console.print(summary, soft_wrap=True, highlight=False)
    return kept


def _watch(console: Console, look: Callable[[], list[Line]]) -> list[Line]:
    """Show the rows until all have ended; without a terminal, print each change."""
    until = time.monotonic() + WITHIN
    pause = threading.Event()
    seen: dict[uuid.UUID, str] = {}
    with ExitStack() as stack:
        live = stack.enter_context(Live(console=console)) if console.is_terminal else None
        while True:
            lines = look()
            if live is not None:
                live.update(table(lines))
            else:
                _print_changes(console, lines, seen)
            if all(line.ended for line in lines) or time.monotonic() > until:
                return lines
            pause.wait(EVERY)


def _print_changes(console: Console, lines: list[Line], seen: dict[uuid.UUID, str]) -> None:
    for line in lines:
        if seen.get(line.id) != line.state:
            seen[line.id] = line.state
            console.print(
                f"{line.platform:<10} {line.state:<11} {line.text[:44]:<44} {line.note}",
                soft_wrap=True,
                highlight=False,
            )


def _stay(console: Console, environ: dict[str, str]) -> None:
    names = ("DATABASE_URL", "REDIS_URL", "TOKEN_KEYS")
    console.print("\nEverything stays up until Ctrl-C. To look around, in another terminal:")
    for name in names:
        console.print(f"  export {name}='{environ[name]}'", soft_wrap=True, highlight=False)
    console.print("  .venv/bin/publishing status\n  .venv/bin/publishing posts list")
    console.print('  psql "$DATABASE_URL"', highlight=False)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping …")


if __name__ == "__main__":
    sys.exit(main())
