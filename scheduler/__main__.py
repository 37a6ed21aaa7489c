"""The scheduler process: ``python -m scheduler``."""

from __future__ import annotations

import os
import signal
import sys
import threading

import structlog

from db.engine import make_engine
from db.migrate import SchemaOutdated, check_schema
from domain.messages import CHECK_QUEUE, QUEUES, SYNC_QUEUES, UPKEEP_QUEUE
from platforms.registry import app_caps
from runtime import log
from runtime.broker import make_broker
from runtime.garbage import spare_the_collector
from runtime.settings import Settings, SettingsInvalid, from_environ
from scheduler.dispatch import Dispatcher
from scheduler.upkeep import make_upkeep


def main() -> int:
    """Run until SIGTERM or SIGINT; 0 after an orderly end, 2 when it could not start."""
    try:
        settings = from_environ(os.environ)
        log.configure(level=settings.log_level)
        run(settings, _stop_on_signals())
    except (SettingsInvalid, SchemaOutdated) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


def run(settings: Settings, stop: threading.Event) -> None:
    """Schedule until ``stop`` is set. Raises `SchemaOutdated` before anything is done."""
    engine = make_engine(settings.database_url, application_name="scheduler")
    check_schema(engine)
    broker = make_broker(settings.redis_url, queues=(*QUEUES, UPKEEP_QUEUE))
    bells = make_broker(settings.redis_url, queues=(*SYNC_QUEUES, CHECK_QUEUE))
    granted = {platform: at.app_cap for platform, at in settings.platforms.items()}
    upkeep = make_upkeep(engine, broker, bells, app_caps(granted))
    # At a post's time its pass waits for no more than so long for the ticks' threads.
    sys.setswitchinterval(0.0005)
    upkeep.start()
    spare_the_collector()
    structlog.get_logger().info("scheduler.started")
    try:
        Dispatcher(engine, broker, settings.late_window, settings.late_spacing).run(stop)
    finally:
        upkeep.shutdown(wait=True)
        broker.close()
        bells.close()
        engine.dispose()
        structlog.get_logger().info("scheduler.stopped")


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
