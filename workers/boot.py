"""What a worker process starts with: its settings, its broker, and the database, or no process."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

import dramatiq
import structlog
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware, Retries, TimeLimit

from db.engine import DatabaseUnreachable, Engine, make_engine
from db.migrate import SchemaOutdated, check_schema
from runtime import clock
from runtime import log as logs
from runtime.broker import DoorbellBroker, make_broker
from runtime.settings import Settings, SettingsInvalid, from_environ
from runtime.watchdog import Watchdog

HOUR_MS: Final = 3_600_000
# Each thread without work looks so often whether it should end, and a consumer waits so long in
# Redis: less than the five seconds after which Redis is taken not to answer.
IDLE_LOOK_MS: Final = 4_000
BOOT_WITHIN: Final = 15.0  # seconds; dramatiq waits twice as long for a process to boot

log: Final = structlog.get_logger()


def settings_or_end() -> Settings:
    """Those of the environment, with the log configured; with faulty ones the process ends."""
    try:
        settings = from_environ(os.environ)
    except SettingsInvalid as fault:
        sys.exit(str(fault))
    logs.configure(level=settings.log_level)
    return settings


def worker_broker(settings: Settings, process: Middleware, queues: Sequence[str]) -> DoorbellBroker:
    """dramatiq's broker from now on. The order of what it carries: ``process`` boots before
    anything runs; the limit is the last resort behind the deadlines of the calls; Retries with none
    left moves a failed message aside instead of acknowledging it."""
    carried: list[Middleware] = [process, Watchdog(), _Calm()]
    carried += [TimeLimit(time_limit=HOUR_MS), Retries(max_retries=0)]
    broker = make_broker(settings.redis_url, carried, queues)
    dramatiq.set_broker(broker)
    return broker


class _Calm(Middleware):
    """Threads without work, and consumers, wake a quarter as often as dramatiq's own do."""

    def before_worker_boot(self, _broker: Broker, worker: Worker) -> None:
        worker.worker_timeout = IDLE_LOOK_MS


def ready_engine(database_url: str, *, application_name: str, by_key: bool = False) -> Engine:
    """`make_engine` on a database that answers and has the schema. dramatiq goes on when a hook
    raises, and a process without its parts would only throw messages away: without a database for
    a quarter of a minute, or with one older than the code, the process ends, for its supervisor to
    start again."""
    engine = make_engine(database_url, application_name=application_name, by_key=by_key)
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
