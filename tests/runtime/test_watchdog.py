"""A worker process that has lost one of its threads does not go on looking healthy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dramatiq import Worker

from runtime import watchdog
from runtime.broker import make_broker
from runtime.watchdog import Watchdog
from tests.waiting import eventually


@contextmanager
def told_to_stop() -> Iterator[list[int]]:
    """Every SIGTERM that this process receives meanwhile."""
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_process_that_has_lost_a_consumer_ends_itself(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watchdog, "EVERY", 0.02)
    broker = make_broker(redis_url, [Watchdog()])
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    with told_to_stop() as received:
        worker.start()
        consumer = next(iter(worker.consumers.values()))
        consumer.stop()
        consumer.join(10)
        eventually(lambda: received)
        worker.stop(timeout=5000)
    assert received == [signal.SIGTERM]
    broker.client.close()
