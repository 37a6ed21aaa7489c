"""The first step of a worker process: the database, or no process."""

from __future__ import annotations

import sys
import threading
from typing import Final

import structlog

from db.engine import DatabaseUnreachable, Engine, make_engine
from db.migrate import SchemaOutdated, check_schema
from runtime import clock

BOOT_WITHIN: Final = 15.0  # seconds; dramatiq waits twice as long for a process to boot

log: Final = structlog.get_logger()


def ready_engine(database_url: str, *, application_name: str) -> Engine:
    """An engine on a database that answers and has the schema. dramatiq goes on when a hook raises,
    and a process without its parts would only throw messages away: without a database for a
    quarter of a minute, or with one older than the code, the process ends, for its supervisor to
    start again."""
    engine = make_engine(database_url, application_name=application_name)
    until = clock.monotonic() + BOOT_WITHIN
    while True:
        try:
            check_schema(engine)
        except SchemaOutdated as fault:
            sys.exit(str(fault))
        except DatabaseUnreachable as fault:
            if clock.monotonic() > until:
                sys.exit(f"{application_name}: the database cannot be reached; start it first")
            log.warning("boot.waits", process=application_name, error=type(fault).__name__)
            clock.pause(1.0, threading.Event())
        else:
            return engine
