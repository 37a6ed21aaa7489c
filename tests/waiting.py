"""Waiting for a condition, with a deadline, instead of for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# How many sessions of this database do; the session that asks is in no transaction.
WAITING_FOR_LOCKS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def eventually(condition: Callable[[], T], *, within: float = 10.0, every: float = 0.02) -> T:
    """The first truthy value of ``condition``; fails with the last one when none came in time."""
    pause = threading.Event()
    until = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < until, f"not so within {within} s, last seen: {value!r}"
        pause.wait(every)
    return value
