"""The maintenance ticks, run by APScheduler: each is safe anywhere and any number of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from db import maintenance
from db.engine import DatabaseUnreachable, Engine
from domain.budgets import Cap
from domain.content import Platform
from runtime import clock
from runtime.broker import BrokerUnreachable, DoorbellBroker
from scheduler.budgets import AppBudgets
from scheduler.caretaker import Caretaker
from scheduler.checks import CheckTick
from scheduler.collect import Collection
from scheduler.outages import OutageSense
from scheduler.reaper import Reaper

REAP_EVERY: Final = 2.0
SENSE_EVERY: Final = 2.0
COLLECT_EVERY: Final = 2.0
LOOK_EVERY: Final = 5.0
COUNT_EVERY: Final = 60.0
CHECK_EVERY: Final = 5.0
REFRESH_LOOK_EVERY: Final = 60.0
PARTITIONS_EVERY: Final = 3600.0
REFRESH_EVERY: Final = timedelta(minutes=15)

log: Final = structlog.get_logger()


def make_upkeep(
    engine: Engine, broker: DoorbellBroker, bells: DoorbellBroker, caps: Mapping[Platform, Cap]
) -> BackgroundScheduler:
    """All ticks, not started yet; ``bells`` knows the analytics workers' queues, ``caps`` are the
    application's on posts. A tick that was missed runs late, once; none overlaps itself."""
    reaper = Reaper(engine, broker)
    upkeep = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    _add(upkeep, "reap", REAP_EVERY, reaper.run_once)
    _add(upkeep, "outages", SENSE_EVERY, OutageSense(engine).run_once)
    _add(upkeep, "collect", COLLECT_EVERY, Collection(engine, bells).run_once)
    _add(upkeep, "accounts", LOOK_EVERY, Caretaker(engine, broker).run_once)
    _add(upkeep, "checks", CHECK_EVERY, CheckTick(engine, broker, bells).run_once)
    _add(upkeep, "budgets", COUNT_EVERY, AppBudgets(engine, caps).run_once)
    _add(upkeep, "days", REFRESH_LOOK_EVERY, lambda: _refresh(engine))
    _add(upkeep, "partitions", PARTITIONS_EVERY, lambda: maintenance.make_partitions(engine))
    return upkeep


def _refresh(engine: Engine) -> None:
    """Whoever comes first does it for all; the others find it fresh."""
    maintenance.refresh_days(engine, REFRESH_EVERY)


def _add(upkeep: BackgroundScheduler, name: str, seconds: float, tick: Callable[[], Any]) -> None:
    def run() -> None:
        try:
            tick()
        except (*DatabaseUnreachable, BrokerUnreachable) as fault:
            log.warning("upkeep.skipped", tick=name, error=type(fault).__name__)

    upkeep.add_job(run, "interval", seconds=seconds, id=name, next_run_time=clock.now())
