"""Real PostgreSQL and Redis from pip wheels: no root, no Docker, nothing installed.

``start`` keeps them running in ``.local/`` and prints their URLs, ``stop`` ends them, ``status``
tells whether they run, ``remove`` ends them and removes all that they hold. ``DATABASE_URL`` and
``REDIS_URL`` replace either. The Redis is Valkey, which speaks its protocol.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
    `NotFound` when there is no program to start, `NotStarted` when one does not come up or another
    process has them."""
    database_url, redis_url = environ.get("DATABASE_URL"), environ.get("REDIS_URL")
    with ExitStack() as stack:
        if not (database_url and redis_url):
            stack.enter_context(_alone(root))
        database_url = database_url or stack.enter_context(postgres.running(root, durable=durable))
        redis_url = redis_url or stack.enter_context(valkey.running(root))
        yield Servers(database_url, redis_url)


def start(root: Path, environ: Mapping[str, str]) -> Servers:
    """Start what ``environ`` does not name, to stay when this process ends; those that run already
    are left as they are. Raises as `servers`."""
    database_url, redis_url = environ.get("DATABASE_URL"), environ.get("REDIS_URL")
    with _alone(root):
        if not database_url:
            database = postgres.find(root) or postgres.start(root, durable=True, stay=True)
            postgres.create_database(database)
            database_url = postgres.url(database)
        if not redis_url:
            redis_url = valkey.url(valkey.find(root) or valkey.start(root, stay=True))
    return Servers(database_url, redis_url)


def find(root: Path) -> Servers | None:
    """What `start` started, if both run."""
    database, cache = postgres.find(root), valkey.find(root)
    return Servers(postgres.url(database), valkey.url(cache)) if database and cache else None


def stop(root: Path) -> int:
    """End what runs on the data under ``root``; how many there were."""
    found = [server for server in (valkey.find(root), postgres.find(root)) if server]
    for server in found:
        server.stop()
    return len(found)


def remove(root: Path) -> int:
    """`stop`, and remove the data and the logs."""
    with _alone(root):
        count = stop(root)
        postgres.discard(root)
        shutil.rmtree(root, ignore_errors=True)
    return count


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else starts servers on the same data meanwhile; a killed process does not hold it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "servers.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"another process uses the servers in {root}: end it first") from None
        yield


def main(
    arguments: Sequence[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    root: Path = LOCAL,
) -> int:
    """0: done; 1: could not, or with ``status`` not running."""
    parser = argparse.ArgumentParser(prog="python -m dev.servers", description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "status", "remove"))
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        if options.action == "start":
            _say_what_is_used(environ)
            return _print_urls(start(root, environ), as_json=options.json)
        if options.action == "status":
            return _print_urls(find(root), as_json=options.json)
        return _print_count(stop if options.action == "stop" else _remove_all, root, options.json)
    except (NotFound, NotStarted) as fault:
        sys.stderr.write(f"error: {fault}\n")
        return 1


def _say_what_is_used(environ: Mapping[str, str]) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        if environ.get(name):
            sys.stderr.write(f"{name} is set: used as it is, nothing started for it\n")


def _print_urls(found: Servers | None, *, as_json: bool) -> int:
    names = {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url} if found else {}
    if as_json:
        urls = {name.lower(): value for name, value in names.items()}
        print(json.dumps({"running": found is not None, **urls}))
    else:
        print(
            "\n".join(f"export {name}='{value}'" for name, value in names.items()) or "not running"
        )
    return 0 if found else 1


def _print_count(end: Callable[[Path], int], root: Path, as_json: bool) -> int:
    count = end(root)
    print(json.dumps({"stopped": count}) if as_json else f"stopped {count} servers")
    return 0


def _remove_all(root: Path) -> int:
    """Those of the demo too."""
    return remove(root / "demo") + remove(root)


if __name__ == "__main__":
    sys.exit(main())
