"""The one place that reads the time, waits, or draws a random number."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime


def now() -> datetime:
    """This machine's clock, in UTC. Due times and leases go by the database's clock instead."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only ever grow, and go on growing while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if _BOOTTIME else time.monotonic()


def draw() -> float:
    """A number from 0 up to 1, for jitter."""
    return random.random()  # noqa: S311  jitter needs no secret


def pause(seconds: float, stop: threading.Event) -> bool:
    """Wait, or until ``stop`` is set; True when it was."""
    return stop.wait(seconds)


_BOOTTIME = hasattr(time, "CLOCK_BOOTTIME")
