"""A database whose clock stands still until the test puts it forward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import psycopg
from psycopg import sql

CLOCK = """
    CREATE SCHEMA stepped;
    CREATE TABLE stepped.clock (at timestamptz NOT NULL);
    CREATE FUNCTION stepped.now() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN (SELECT at FROM stepped.clock);
    CREATE FUNCTION stepped.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN (SELECT at FROM stepped.clock);"""
# Before pg_catalog, so that now() in every statement is the stepped one.
PATH = "search_path = stepped, pg_catalog, public"


@dataclass
class Clock:
    """What now() answers on connections made after it was installed, and on ``session``."""

    session: psycopg.Connection
    now: datetime

    @classmethod
    def install(cls, session: psycopg.Connection, at: datetime) -> Self:
        session.execute(CLOCK)
        session.execute("INSERT INTO stepped.clock VALUES (%s)", [at])
        name = sql.Identifier(session.info.dbname)
        session.execute(sql.SQL("ALTER DATABASE {} SET " + PATH).format(name))
        session.execute(f"SET {PATH}")
        return cls(session, at)

    def put(self, at: datetime) -> None:
        self.now = at
        self.session.execute("UPDATE stepped.clock SET at = %s", [at])

    def advance(self, by: timedelta) -> None:
        self.put(self.now + by)
