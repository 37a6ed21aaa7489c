"""Storing what cannot be had again: tried until the database takes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from db.engine import DatabaseUnreachable
from runtime import clock

T = TypeVar("T")

FOR_SECONDS: Final = 60.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
NEVER: Final = threading.Event()

log: Final = structlog.get_logger()


def insistently(store: Callable[[], T]) -> T:
    """Call ``store`` again while the database is away, for a minute; then its fault is raised."""
    until, pause = clock.monotonic() + FOR_SECONDS, FIRST_PAUSE
    while True:
        try:
            return store()
        except DatabaseUnreachable as fault:
            log.warning("patience.waits", error=type(fault).__name__)
            if clock.monotonic() > until or clock.pause(pause, NEVER):
                raise
            pause = min(pause * 2, LONGEST_PAUSE)
