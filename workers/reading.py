"""The life of an analytics worker process: pools made after the fork, heartbeat, an orderly end."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from db import syncs
from db.engine import Engine
from domain.content import Platform
from platforms.registry import ADAPTERS
from runtime import clock, log
from runtime.broker import give_back
from runtime.settings import Settings
from workers.boot import ready_engine
from workers.check import Checker
from workers.collect import Collector
from workers.holding import Heartbeat
from workers.process import make_desk

BEAT_EVERY: Final = syncs.LEASE.total_seconds() / 4


class ReadingProcess(Middleware):
    """Makes what the process needs once it has been forked, and unmakes it at its end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._heartbeat: Heartbeat | None = None
        self._collector: Collector | None = None
        self._checker: Checker | None = None

    def collect(self, account_id: str, number: int) -> None:
        """The actor: one dispatch of one account."""
        if self._collector is None:
            raise RuntimeError("the process has not booted")
        self._collector.collect(UUID(account_id), number)

    def check(self, account_id: str, platform: str) -> None:
        """The actor: a look at what an account has published lately."""
        if self._checker is None:
            raise RuntimeError("the process has not booted")
        self._checker.check(UUID(account_id), Platform(platform))

    def after_process_boot(self, _broker: Broker) -> None:
        log.configure(level=self._settings.log_level)
        self._engine = ready_engine(self._settings.database_url, application_name="analytics")
        self._heartbeat = Heartbeat(self._engine, syncs.keep, BEAT_EVERY)
        self._heartbeat.start()
        self._collector = make_collector(self._settings, self._engine, self._heartbeat)
        self._checker = Checker(self._engine, ADAPTERS, self._collector.tokens)

    def before_worker_shutdown(self, _broker: Broker, worker: Worker) -> None:
        """What waits in this process goes back to the queue at once, for others to take up."""
        give_back(worker)

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._collector is not None:
            self._collector.tokens.transport.close()
        if self._engine is not None:
            self._engine.dispose()


def make_collector(settings: Settings, engine: Engine, heartbeat: Heartbeat) -> Collector:
    """A collector for the real platforms, or for whatever stands at the settings' URLs."""
    return Collector(
        engine=engine,
        adapters=ADAPTERS,
        tokens=make_desk(settings, engine),
        draw=clock.draw,
        holding=heartbeat.holding,
    )
