"""Composition root of the analytics workers: ``dramatiq workers.analytics``.

Processes of their own, on queues of their own: however much there is to read, publishing has all
its threads."""

from __future__ import annotations

import os
import sys

import dramatiq
from dramatiq.middleware import Retries, TimeLimit

from domain.messages import CHECK_ACTOR, CHECK_QUEUE, SYNC_ACTOR, SYNC_QUEUES
from runtime import log
from runtime.broker import make_broker
from runtime.settings import SettingsInvalid, from_environ
from runtime.watchdog import Watchdog
from workers.reading import ReadingProcess

HOUR_MS = 3_600_000

try:
    settings = from_environ(os.environ)
except SettingsInvalid as fault:
    sys.exit(str(fault))

log.configure(level=settings.log_level)
process = ReadingProcess(settings)
broker = make_broker(
    settings.redis_url,
    [process, Watchdog(), TimeLimit(time_limit=HOUR_MS), Retries(max_retries=0)],
    (*SYNC_QUEUES, CHECK_QUEUE),
)
dramatiq.set_broker(broker)
collect = dramatiq.actor(actor_name=SYNC_ACTOR, queue_name=SYNC_QUEUES[0], broker=broker)(
    process.collect
)
check = dramatiq.actor(actor_name=CHECK_ACTOR, queue_name=CHECK_QUEUE, broker=broker)(process.check)
