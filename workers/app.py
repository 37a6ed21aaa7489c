"""Composition root of the workers: ``dramatiq-gevent workers.app``."""

from __future__ import annotations

import dramatiq

from domain.messages import ACTOR, QUEUES, UPKEEP_ACTOR, UPKEEP_QUEUE
from workers.boot import settings_or_end, worker_broker
from workers.process import Process

settings = settings_or_end()
process = Process(settings)
broker = worker_broker(settings, process, (*QUEUES, UPKEEP_QUEUE))
publish = dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(process.publish)
look_after = dramatiq.actor(actor_name=UPKEEP_ACTOR, queue_name=UPKEEP_QUEUE, broker=broker)(
    process.look_after
)
