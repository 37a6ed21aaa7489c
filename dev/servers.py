"""Real PostgreSQL and Redis from pip wheels: no root, no Docker, nothing installed.

``python -m dev.servers start|stop|status`` keeps them in ``.local/``; programs use `servers`.
``DATABASE_URL`` and ``REDIS_URL`` replace either. The Redis is Valkey, which speaks its protocol.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from dev import postgres, valkey
from dev.children import NotFound, NotStarted

ROOT: Final = Path(__file__).resolve().parent.parent
LOCAL: Final = ROOT / ".local"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers listen."""

    database_url: str
    redis_url: str


@contextmanager
def servers(root: Path, environ: Mapping[str, str], *, durable: bool = True) -> Iterator[Servers]:
    """Both servers with their data under ``root``, ended with the block. Those that ``environ``
    names are used as they are. Not ``durable``: faster, and lost with the machine. Raises
    `NotFound` when there is no program to start, `NotStarted` when one does not come up."""
    database_url, redis_url = environ.get("DATABASE_URL"), environ.get("REDIS_URL")
    database = None if database_url else postgres.start(root, durable=durable)
    try:
        cache = None if redis_url else valkey.start(root)
        try:
            yield Servers(
                database_url or postgres.url(root, database), redis_url or valkey.url(cache)
            )
        finally:
            if cache is not None:
                cache.stop()
    finally:
        if database is not None:
            database.stop()


def start(root: Path) -> Servers:
    """Start both to stay when this process ends; those that run already are left as they are."""
    database = postgres.find(root) or postgres.start(root, durable=True, stay=True)
    cache = valkey.find(root) or valkey.start(root, stay=True)
    return Servers(postgres.url(root, database), valkey.url(cache))


def stop(root: Path) -> int:
    """End what `start` started; how many there were."""
    found = [server for server in (valkey.find(root), postgres.find(root)) if server]
    for server in found:
        server.stop()
    return len(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: could not, or with ``status`` not running."""
    parser = argparse.ArgumentParser(prog="python -m dev.servers", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        return _act(options.action, as_json=options.json)
    except (NotFound, NotStarted) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1


def _act(action: str, *, as_json: bool) -> int:
    if action == "stop":
        count = stop(LOCAL)
        print(json.dumps({"stopped": count}) if as_json else f"stopped {count} servers")
        return 0
    running = postgres.find(LOCAL) is not None and valkey.find(LOCAL) is not None
    if action == "status" and not running:
        print(json.dumps({"running": False}) if as_json else "not running")
        return 1
    found = start(LOCAL)
    if as_json:
        print(json.dumps({"running": True, **asdict(found)}))
    else:
        print(f"export DATABASE_URL={found.database_url}\nexport REDIS_URL={found.redis_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
