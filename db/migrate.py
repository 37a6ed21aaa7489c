"""Brings a database up to the schema: ``python -m db.migrate [--check]``.

The numbered files in ``db/migrations`` are applied in order, each in a transaction of its own with
short lock waits, so that it can be done while everything runs. Any number may run at once: an
advisory lock of the transaction lets one in, the others find nothing left to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
import tenacity
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

FOLDER: Final = Path(__file__).parent / "migrations"
LOCK_NAME: Final = "publishing schema"
TURN_TIMEOUT: Final = "60s"
LOCK_TIMEOUT: Final = "4s"
STATEMENT_TIMEOUT: Final = "30min"  # instead of the login's own, which is made for short statements
TRIES: Final = 5


class SchemaOutdated(Exception):
    """The database lacks migrations that this code needs; ``missing`` names them."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(
            f"the database schema is older than this code: {', '.join(missing)} not applied;"
            " run `make migrate` (python -m db.migrate) and start again"
        )
        self.missing = missing


class MigrationBlocked(Exception):
    """A migration could not get its locks in time; everything is as it was before it."""


def migrate(database_url: str) -> list[str]:
    """Apply what is missing; the names applied, in order. Raises `MigrationBlocked`."""
    with _session(database_url) as session:
        return [path.stem for path in _files() if _apply(session, path)]


def pending(database_url: str) -> list[str]:
    """What `migrate` would apply."""
    with _session(database_url) as session:
        known = _applied(session)
    return [path.stem for path in _files() if path.stem not in known]


def check_schema(engine: Engine) -> None:
    """Raises `SchemaOutdated` when the code is newer than the database."""
    try:
        with engine.connect() as connection:
            known = set(connection.execute(text("SELECT name FROM schema_migrations")).scalars())
    except ProgrammingError as fault:
        if not isinstance(fault.orig, psycopg.errors.UndefinedTable):
            raise
        known = set()
    missing = [path.stem for path in _files() if path.stem not in known]
    if missing:
        raise SchemaOutdated(missing)


def _apply(session: psycopg.Connection, path: Path) -> bool:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(psycopg.errors.LockNotAvailable),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_random(0.1, 1.0),
        reraise=True,
    )
    try:
        return retrying(_apply_once, session, path)
    except psycopg.errors.LockNotAvailable:
        raise MigrationBlocked(
            f"{path.stem} could not lock its tables within {TRIES} tries of {LOCK_TIMEOUT}: end the"
            " long transaction that holds them, then run it again"
        ) from None


def _apply_once(session: psycopg.Connection, path: Path) -> bool:
    with session.transaction():
        session.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])
        session.execute("SELECT set_config('lock_timeout', %s, true)", [TURN_TIMEOUT])
        session.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK_NAME])
        if path.stem in _applied(session):
            return False
        session.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        session.execute(path.read_bytes())
        session.execute("INSERT INTO schema_migrations (name) VALUES (%s)", [path.stem])
    return True


def _applied(session: psycopg.Connection) -> set[str]:
    if session.execute("SELECT to_regclass('schema_migrations')").fetchone() == (None,):
        return set()
    return {name for (name,) in session.execute("SELECT name FROM schema_migrations")}


def _session(database_url: str) -> psycopg.Connection:
    """A connection for psycopg's own form of a URL, which may name SQLAlchemy's driver."""
    scheme, separator, rest = database_url.partition("://")
    plain = f"{scheme.partition('+')[0]}{separator}{rest}"
    return psycopg.connect(plain, connect_timeout=5, prepare_threshold=None)


def _files() -> list[Path]:
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: up to date now; 1: could not; 2 with --check: migrations are missing."""
    parser = argparse.ArgumentParser(prog="python -m db.migrate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is missing (exit 2)")
    options = parser.parse_args(arguments)
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        sys.stderr.write("DATABASE_URL is not set: postgresql://user@host:5432/name\n")
        return 1
    try:
        names = pending(database_url) if options.check else migrate(database_url)
    except (psycopg.Error, MigrationBlocked) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    word = "missing" if options.check else "applied"
    sys.stdout.writelines(f"{word} {name}\n" for name in names)
    if not names:
        sys.stdout.write("the schema is up to date\n")
    return 2 if options.check and names else 0


if __name__ == "__main__":
    sys.exit(main())
