"""Months of analytics on their way into files. Each step is a transaction that holds the month's
row, so that no two processes work on one month; what it did is a fact in that row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from db.engine import patient_transaction
from db.refusals import Refused
from db.statements import statement
from domain.archives import Archive, Tally

STEP_WITHIN: Final = 3600
FETCH: Final = 2000

_MONTHS: Final = statement("archivable_months")
_STATES: Final = text("SELECT * FROM analytics_archives ORDER BY month")
_BEGIN: Final = text(
    "INSERT INTO analytics_archives (month, path) VALUES (:month, :path) ON CONFLICT DO NOTHING"
)
_HOLD: Final = text("SELECT * FROM analytics_archives WHERE month = :month FOR UPDATE NOWAIT")
_ROWS: Final = statement("snapshots_of_month")
_TALLY: Final = statement("tally_of_month")
_WRITTEN: Final = text(
    "UPDATE analytics_archives SET path = :path, row_count = :rows, checksum = :checksum,"
    " file_sha256 = :sha256, written_at = now() WHERE month = :month"
)
_UNWRITTEN: Final = text(
    "UPDATE analytics_archives SET written_at = NULL, verified_at = NULL WHERE month = :month"
)
_VERIFIED: Final = text("UPDATE analytics_archives SET verified_at = now() WHERE month = :month")
_DETACHED: Final = text("UPDATE analytics_archives SET detached_at = now() WHERE month = :month")
_DROPPED: Final = text("UPDATE analytics_archives SET dropped_at = now() WHERE month = :month")


class TableBusy(Exception):
    """A lock could not be had at once; nothing changed."""


def archivable(engine: Engine, before: datetime) -> list[datetime]:
    """The months that end by ``before`` and are not dropped yet, oldest first."""
    with engine.connect() as connection:
        found = connection.execute(_MONTHS, {"before": before}).scalars()
        return [month.astimezone(UTC) for month in found]


def states(engine: Engine) -> list[Archive]:
    """Every month that was begun, oldest first."""
    with engine.connect() as connection:
        return [_archive(row) for row in connection.execute(_STATES)]


def begin(engine: Engine, month: datetime, path: str) -> None:
    """Record that the month goes to ``path``, unless it was begun before."""
    with engine.connect() as connection:
        connection.execute(_BEGIN, {"month": month, "path": path})


@contextmanager
def step(engine: Engine, month: datetime) -> Iterator[tuple[Connection, Archive]]:
    """The month is this process's until the block ends. Raises `Refused` when another process has
    it, and `TableBusy`."""
    with patient_transaction(engine, STEP_WITHIN) as connection:
        try:
            row = connection.execute(_HOLD, {"month": month}).one()
        except OperationalError as fault:
            if not isinstance(fault.orig, psycopg.errors.LockNotAvailable):
                raise
            raise Refused(
                "archive", f"{month:%Y-%m} is being archived by another process"
            ) from None
        yield connection, _archive(row)


def rows(connection: Connection, archive: Archive) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows of the month in batches, by publication and time: the columns in the table's order,
    with ids, enums and JSON as text."""
    # The driver's own cursor: SQLAlchemy's streamed result was seen to keep what it had handed out.
    driver: Any = connection.connection.driver_connection
    with driver.cursor("snapshots_of_month") as cursor:
        cursor.execute(_of_partition(_ROWS, archive).text)
        while batch := cursor.fetchmany(FETCH):
            yield batch


def record_written(
    connection: Connection, archive: Archive, path: str, tally: Tally, sha256: str
) -> None:
    values = {"rows": tally.rows, "checksum": tally.checksum, "sha256": sha256}
    connection.execute(_WRITTEN, {**values, "path": path, "month": archive.month})


def record_verified(connection: Connection, archive: Archive) -> None:
    connection.execute(_VERIFIED, {"month": archive.month})


def record_unwritten(connection: Connection, archive: Archive) -> None:
    """The file is not to be relied on: it is written again."""
    connection.execute(_UNWRITTEN, {"month": archive.month})


def detach(connection: Connection, archive: Archive) -> bool:
    """Take the month out of analytics, if it still holds the very rows that were written; if not,
    False: it has to be written again. Writers of that month wait meanwhile, and those of others for
    a moment at the end. Raises `TableBusy`."""
    with _at_once():
        connection.execute(text(f"LOCK TABLE {archive.partition} IN SHARE MODE"))
    found = connection.execute(_of_partition(_TALLY, archive)).one()
    if Tally(found.rows, int(found.checksum)) != archive.tally:
        record_unwritten(connection, archive)
        return False
    with _at_once():
        connection.execute(text(f"ALTER TABLE analytics DETACH PARTITION {archive.partition}"))
    connection.execute(_DETACHED, {"month": archive.month})
    return True


def drop(connection: Connection, archive: Archive) -> None:
    """Drop the detached table. Raises `TableBusy`."""
    with _at_once():
        connection.execute(text(f"DROP TABLE {archive.partition}"))
    connection.execute(_DROPPED, {"month": archive.month})


@contextmanager
def _at_once() -> Iterator[None]:
    try:
        yield
    except OperationalError as fault:
        if isinstance(
            fault.orig, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
        ):
            raise TableBusy from None
        raise


def _of_partition(query: Any, archive: Archive) -> Any:
    return text(query.text.replace("analytics_of_month", archive.partition))


def _archive(row: Any) -> Archive:
    return Archive(
        month=row.month.astimezone(UTC),  # the session may be elsewhere
        path=row.path,
        tally=None if row.checksum is None else Tally(row.row_count, int(row.checksum)),
        sha256=row.file_sha256,
        written=row.written_at is not None,
        verified=row.verified_at is not None,
        detached=row.detached_at is not None,
        dropped=row.dropped_at is not None,
    )
