"""Composition root of the analytics workers: ``dramatiq-gevent workers.analytics``.

Processes of their own, on queues of their own: however much there is to read, publishing has all
its threads."""

from __future__ import annotations

import dramatiq

from domain.messages import CHECK_ACTOR, CHECK_QUEUE, SYNC_ACTOR, SYNC_QUEUES
from workers.boot import settings_or_end, worker_broker
from workers.reading import ReadingProcess

settings = settings_or_end()
process = ReadingProcess(settings)
broker = worker_broker(settings, process, (*SYNC_QUEUES, CHECK_QUEUE))
collect = dramatiq.actor(actor_name=SYNC_ACTOR, queue_name=SYNC_QUEUES[0], broker=broker)(
    process.collect
)
check = dramatiq.actor(actor_name=CHECK_ACTOR, queue_name=CHECK_QUEUE, broker=broker)(process.check)
