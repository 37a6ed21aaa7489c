"""The broker carries doorbells: in bulk, at once, and without delay queues."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from typing import ClassVar, Self
from urllib.parse import urlsplit
from uuid import uuid4

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.broker import Consumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Retries

from dev.chaos.proxy import Mode, Proxy
from domain.content import Platform
from domain.messages import ACTOR, QUEUES, Dispatch
from runtime.broker import DelayRefused, DoorbellBroker, make_broker
from tests.waiting import eventually


@pytest.fixture
def broker(redis_url: str):
    made = make_broker(redis_url, [Retries(max_retries=0)])
    yield made
    made.close()
    made.client.close()


def dispatches(count: int, platform: Platform = Platform.TWITTER) -> list[Dispatch]:
    return [Dispatch(uuid4(), 1, platform) for _ in range(count)]


class Heard:
    """A worker that writes down what it hears, and when."""

    def __init__(self, broker: DoorbellBroker, threads: int = 4) -> None:
        self.messages: list[tuple[str, int, float]] = []
        self.lock = threading.Lock()
        dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(self.hear)
        self.worker = Worker(broker, worker_threads=threads, worker_timeout=200)

    def hear(self, publication_id: str, number: int) -> None:
        with self.lock:
            self.messages.append((publication_id, number, time.monotonic()))

    def has(self, count: int) -> bool:
        return len(self.messages) == count

    def __enter__(self) -> Self:
        self.worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop(timeout=5000)


def test_a_thousand_messages_in_bulk_all_reach_a_worker_and_are_acknowledged(
    broker: DoorbellBroker,
):
    sent = dispatches(1000)
    broker.ring(sent)
    assert broker.depths()["publish-twitter"] == 1000
    with Heard(broker) as heard:
        eventually(lambda: len(heard.messages) == 1000)
        eventually(lambda: not any(broker.holds(sent)))
    assert {m[0] for m in heard.messages} == {str(d.publication_id) for d in sent}


def test_an_idle_worker_hears_a_message_within_a_moment(broker: DoorbellBroker):
    delays = []
    with Heard(broker) as heard:
        for count in range(1, 6):
            sent_at = time.monotonic()
            broker.ring(dispatches(1))
            eventually(partial(heard.has, count), every=0.001)
            delays.append(heard.messages[-1][2] - sent_at)
    assert min(delays) < 0.1


def test_the_broker_knows_which_dispatches_it_still_has(broker: DoorbellBroker):
    kept, never = dispatches(2), dispatches(2)
    broker.ring(kept)
    assert broker.holds([*kept, *never]) == [True, True, False, False]
    broker.forget(kept)
    assert broker.holds(kept) == [False, False]
    assert broker.depths()["publish-twitter"] == 0


def test_there_are_no_delay_queues_and_a_delay_is_refused(broker: DoorbellBroker):
    assert broker.get_declared_delay_queues() == set()
    with pytest.raises(DelayRefused):
        broker.enqueue(
            dramatiq.Message(
                queue_name=QUEUES[0], actor_name=ACTOR, args=(), kwargs={}, options={}
            ),
            delay=1000,
        )


def test_a_slow_platform_holds_up_no_other(broker: DoorbellBroker):
    release, quick = threading.Event(), dispatches(20, Platform.THREADS)
    slow = dispatches(50, Platform.TIKTOK)
    waiting = {str(dispatch.publication_id) for dispatch in slow}
    done: list[str] = []

    def work(publication_id: str, _number: int) -> None:
        if publication_id in waiting:
            release.wait(10)
        done.append(publication_id)

    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(work)
    worker = Worker(broker, worker_threads=4, worker_timeout=200)
    broker.ring(slow)
    worker.start()
    eventually(lambda: broker.depths()["publish-tiktok"] == 48)
    broker.ring(quick)
    eventually(lambda: len(done) == 20, within=5)
    release.set()
    worker.stop(timeout=5000)
    assert waiting.isdisjoint(done[:20])


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(broker: DoorbellBroker):
    started, release = threading.Event(), threading.Event()

    def slow(_publication_id: str, _number: int) -> None:
        started.set()
        release.wait(5)

    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(slow)
    worker = Worker(broker, worker_threads=1, worker_timeout=200)
    broker.ring(dispatches(5))
    worker.start()
    assert started.wait(5)
    threading.Timer(0.3, release.set).start()
    worker.stop(timeout=5000)
    assert broker.depths()["publish-twitter"] == 4


def next_of(consumer: Consumer) -> str | None:
    """What the consumer hands out next; None when that is nothing, or its connection was cut."""
    try:
        message = next(consumer)
    except ConnectionClosed:
        return None
    return None if message is None else str(message.message_id)


def test_a_message_whose_delivery_was_cut_off_holds_up_no_other_and_can_be_rung_anew(
    broker: DoorbellBroker, redis_url: str
):
    first, lost = dispatches(2)
    server = urlsplit(redis_url)
    with closing(Proxy(server.port or 6379)) as link:
        far = make_broker(server._replace(netloc=f"127.0.0.1:{link.port}").geturl())
        consumer = far.consume(lost.queue, prefetch=16, timeout=20)
        broker.ring([first])
        assert next_of(consumer) == first.message_id
        link.set_mode(Mode.SWALLOW)
        broker.ring([lost])
        fetching = threading.Thread(target=next_of, args=(consumer,))
        fetching.start()
        eventually(lambda: broker.depths()[lost.queue] == 0)
        link.set_mode(Mode.PASS)
        fetching.join(10)
        assert next_of(consumer) is None
        assert broker.holds([lost]) == [True]
        broker.forget([lost])
        again = [Dispatch(lost.publication_id, 2, lost.platform), *dispatches(1)]
        broker.ring(again)
        heard = [found for _ in range(4) if (found := next_of(consumer)) is not None]
        assert heard == [sent.message_id for sent in again]
        far.close()
        far.client.close()


class Foreign(Dispatch):
    """Rung by another release."""

    actor: ClassVar[str] = "unknown here"


def test_a_message_that_fails_or_names_no_actor_is_not_sent_again_and_seen_to_be_gone(
    broker: DoorbellBroker,
):
    heard: list[str] = []

    def fail(publication_id: str, _number: int) -> None:
        heard.append(publication_id)
        raise RuntimeError("a fault of our own")

    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=broker)(fail)
    failing, foreign = Dispatch(uuid4(), 1, Platform.TWITTER), Foreign(uuid4(), 1, Platform.TWITTER)
    broker.ring([failing, foreign])
    assert broker.holds([failing, foreign]) == [True, True]
    worker = Worker(broker, worker_threads=1, worker_timeout=20)
    worker.start()
    eventually(lambda: not any(broker.holds([failing, foreign])))
    worker.stop(timeout=5000)
    assert heard == [str(failing.publication_id)]
    assert broker.depths()[failing.queue] == 0
