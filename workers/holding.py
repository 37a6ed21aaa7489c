"""Keeps the leases of a process alive: one statement every few seconds for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import structlog

from db import leases
from db.engine import Connection, DatabaseUnreachable, Engine

EVERY: Final = leases.LEASE.total_seconds() / 4

log: Final = structlog.get_logger()


class Heartbeat:
    """One thread for all leases of the process."""

    def __init__(
        self,
        engine: Engine,
        keep: Callable[[Connection, Sequence[UUID]], object] = leases.keep,
        every: float = EVERY,
    ) -> None:
        self._engine = engine
        self._keep = keep
        self._every = every
        self._tokens: set[UUID] = set()
        self._held_before: set[UUID] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=self._every)

    @contextmanager
    def holding(self, token: UUID) -> Iterator[None]:
        """Keep the lease of ``token`` while the block runs."""
        with self._lock:
            self._tokens.add(token)
        try:
            yield
        finally:
            with self._lock:
                self._tokens.discard(token)

    def beat(self) -> int:
        """Lengthen every lease that was held at the last beat already; how many there were. Those
        taken since have most of their time left, and their rows are not locked in passing."""
        with self._lock:
            tokens = list(self._tokens & self._held_before)
            self._held_before = set(self._tokens)
        if tokens:
            with self._engine.connect() as connection:
                self._keep(connection, tokens)
        return len(tokens)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self.beat()
            except DatabaseUnreachable as fault:
                log.warning("heartbeat.missed", error=type(fault).__name__)
