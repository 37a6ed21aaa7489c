"""The long statements, one a file in ``db/sql``, each with a comment that says who calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_FOLDER: Final = Path(__file__).parent / "sql"


def statement(name: str) -> TextClause:
    """The statement of ``db/sql/<name>.sql``; its parameters are written ``:name``."""
    return text(_read(name))


def patient(name: str) -> TextClause:
    """The same statement, waiting for rows that another transaction has locked instead of leaving
    them out."""
    return text(_read(name).replace(" SKIP LOCKED", ""))


def driven(statement: TextClause) -> str:
    """A statement as psycopg takes it, for `Connection.exec_driver_sql`: what is executed often is
    spared the better half of SQLAlchemy's work."""
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect))


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
