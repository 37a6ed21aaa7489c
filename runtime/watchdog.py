"""Ends a dramatiq process that has lost one of its threads."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any, Final

import structlog
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

EVERY: Final = 5.0

log: Final = structlog.get_logger()


class Watchdog(Middleware):
    """dramatiq does not notice when one of its threads dies; the process then ends itself, and
    whoever started it starts another."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def after_worker_boot(self, _broker: Broker, worker: Worker) -> None:
        threading.Thread(target=self._watch, args=(worker,), name="watchdog", daemon=True).start()

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        self._stop.set()

    def _watch(self, worker: Any) -> None:
        while not self._stop.wait(EVERY):
            threads = [*worker.consumers.values(), *worker.workers]
            dead = [thread.name for thread in threads if not thread.is_alive()]
            if dead and not self._stop.is_set():
                log.critical("worker.thread_died", threads=dead)
                os.kill(os.getpid(), signal.SIGTERM)
                return
