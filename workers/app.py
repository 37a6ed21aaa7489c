"""Composition root of the workers: ``dramatiq workers.app``."""

from __future__ import annotations

import os
import sys

import dramatiq
from dramatiq.middleware import Retries, TimeLimit

from domain.messages import ACTOR, QUEUES, UPKEEP_ACTOR, UPKEEP_QUEUE
from runtime import log
from runtime.broker import make_broker
from runtime.settings import SettingsInvalid, from_environ
from runtime.watchdog import Watchdog
from workers.process import Process

HOUR_MS = 3_600_000

try:
    settings = from_environ(os.environ)
except SettingsInvalid as fault:
    sys.exit(str(fault))

log.configure(level=settings.log_level)
process = Process(settings)
# Order: the process boots before anything runs; the limit is the last resort behind the deadlines
# of the calls; Retries with none left moves a failed message aside instead of acknowledging it.
broker = make_broker(
    settings.redis_url,
    [process, Watchdog(), TimeLimit(time_limit=HOUR_MS), Retries(max_retries=0)],
    (*QUEUES, UPKEEP_QUEUE),
)
dramatiq.set_broker(broker)
publish = dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(process.publish)
look_after = dramatiq.actor(actor_name=UPKEEP_ACTOR, queue_name=UPKEEP_QUEUE, broker=broker)(
    process.look_after
)
