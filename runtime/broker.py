"""dramatiq's Redis broker, made for doorbells.

Three things differ from dramatiq's own: messages go out in bulk under ids of our making, consumers
block on Redis instead of polling it, and there are no delay queues (a message with a delay lies in
one worker's memory and dies with it; a time to wait for is a column).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import redis
import structlog
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.common import current_millis, iter_queue
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message
from dramatiq.middleware import Middleware
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from domain.messages import QUEUES, Doorbell

NAMESPACE: Final = "publishing"
CHUNK: Final = 500
HEARTBEAT_TIMEOUT_MS: Final = 15_000
MAINTENANCE_PER_MILLION: Final = 100_000
# While nothing comes, a fetch so often says that the process is alive.
FETCH_EVERY: Final = 5.0
# dramatiq's own acknowledgement, for many messages in one call.
ACKNOWLEDGE: Final = """
for position = 1, #ARGV do
    if redis.call("srem", KEYS[1], ARGV[position]) > 0 then
        redis.call("hdel", KEYS[2], ARGV[position])
    end
end
"""

BrokerUnreachable = redis.RedisError

log: Final = structlog.get_logger()


class DelayRefused(Exception):
    """A message was to be sent with a delay; a time to wait for belongs on the row."""


class DoorbellBroker(RedisBroker):
    """Carries doorbells. Every method raises `BrokerUnreachable` when Redis is away."""

    @property
    def consumer_class(self) -> type[BlockingConsumer]:
        return BlockingConsumer

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, and no delay queue beside it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Send one message. Raises `DelayRefused` for one with a delay."""
        if delay is not None:
            raise DelayRefused(f"message {message.message_id} has a delay of {delay} ms")
        return super().enqueue(message)

    def ring(self, dispatches: Sequence[Doorbell]) -> None:
        """Send all of them as dramatiq stores messages, many in one transaction of Redis."""
        for start in range(0, len(dispatches), CHUNK):
            queues: dict[str, dict[Any, Any]] = {}
            for dispatch in dispatches[start : start + CHUNK]:
                messages = queues.setdefault(dispatch.queue, {})
                messages[dispatch.message_id] = _encoded(dispatch)
            pipeline = self.client.pipeline()
            for queue, messages in queues.items():
                pipeline.hset(f"{self.namespace}:{queue}.msgs", mapping=messages)
                pipeline.rpush(f"{self.namespace}:{queue}", *messages)
            pipeline.execute()

    def holds(self, dispatches: Sequence[Doorbell]) -> list[bool]:
        """For each of them whether the broker still has its message, queued or being worked on."""
        pipeline = self.client.pipeline(transaction=False)
        for dispatch in dispatches:
            pipeline.hexists(f"{self.namespace}:{dispatch.queue}.msgs", dispatch.message_id)
        return [bool(held) for held in pipeline.execute()]

    def forget(self, dispatches: Sequence[Doorbell]) -> None:
        """Drop their messages; a worker that has one in hand finds its dispatch void."""
        pipeline = self.client.pipeline(transaction=False)
        for dispatch in dispatches:
            pipeline.hdel(f"{self.namespace}:{dispatch.queue}.msgs", dispatch.message_id)
            pipeline.lrem(f"{self.namespace}:{dispatch.queue}", 1, dispatch.message_id)
        pipeline.execute()

    def depths(self) -> Mapping[str, int]:
        """How many messages wait in each of the broker's queues."""
        pipeline = self.client.pipeline(transaction=False)
        queues = sorted(self.queues)
        for queue in queues:
            pipeline.llen(f"{self.namespace}:{queue}")
        return dict(zip(queues, pipeline.execute(), strict=True))

    def script(
        self, pipeline: redis.client.Pipeline, command: str, queue: str, *args: str | bytes | int
    ) -> None:
        """Add one command of dramatiq's dispatch script to a pipeline."""
        maintain = self._should_do_maintenance(command)
        limit = self._max_unpack_size()  # type: ignore[no-untyped-call]
        settings = (self.heartbeat_timeout, self.dead_message_ttl, maintain, limit)
        name = (self.scripts["dispatch"].sha, 1, self.namespace)
        pipeline.evalsha(*name, command, current_millis(), queue, self.broker_id, *settings, *args)

    def acknowledge(
        self, pipeline: redis.client.Pipeline, queue: str, message_ids: Sequence[str]
    ) -> None:
        """Add the acknowledgement of all these messages to a pipeline."""
        acks = f"{self.namespace}:__acks__.{self.broker_id}.{queue}"
        messages = f"{self.namespace}:{queue}.msgs"
        pipeline.eval(ACKNOWLEDGE, 2, acks, messages, *message_ids)

    def run(self, pipeline: redis.client.Pipeline) -> list[Any]:
        """Execute a pipeline of scripts. Redis is asked whether it knows dramatiq's only after it
        said that it does not; what came before it in the pipeline is harmless when done twice."""
        commands = list(pipeline.command_stack)
        try:
            return list(pipeline.execute())
        except redis.exceptions.NoScriptError:
            self.client.script_load(self.scripts["dispatch"].script)
            pipeline.command_stack = commands
            return list(pipeline.execute())


class BlockingConsumer(_RedisConsumer):
    """Waits in Redis for the next message, and sends acknowledgements in the same trip as the
    next fetch. Holds no more than half as many messages as the process has threads, begun ones
    included, so that a slow platform leaves the other half to the rest."""

    def __init__(
        self, broker: DoorbellBroker, queue_name: str, prefetch: int, timeout: int
    ) -> None:
        # dramatiq asks for twice as many as there are threads.
        share = max(1, prefetch // 4)
        super().__init__(broker, queue_name, share, timeout)  # type: ignore[no-untyped-call]
        self.done: deque[str] = deque()
        self.room = threading.Event()
        self.empty_until = 0.0
        self.list = f"{broker.namespace}:{queue_name}"

    def ack(self, message: Any) -> None:
        """Remember it; the consumer's thread tells Redis."""
        self.done.append(message.options["redis_message_id"])
        self.queued_message_ids.discard(message.message_id)
        self.room.set()

    def __next__(self) -> Any:
        if not self.message_cache:
            try:
                self._fetch()
            except redis.RedisError as fault:
                raise ConnectionClosed(str(fault)) from None  # type: ignore[no-untyped-call]
        return super().__next__() if self.message_cache else None  # type: ignore[no-untyped-call]

    def _fetch(self) -> None:
        if not self.done and time.monotonic() < self.empty_until:
            self._wait_for_message()
            return
        room = self.prefetch - self.outstanding_message_count
        pipeline = self.broker.client.pipeline(transaction=False)
        acknowledged = self._acknowledge(pipeline)
        if room > 0:
            self.broker.script(pipeline, "fetch", self.queue_name, room)
        answers = self.broker.run(pipeline)
        for _ in range(acknowledged):
            self.done.popleft()
        if room <= 0:
            self._wait_for_room()
            return
        self.message_cache = [message for message in answers[-1] if message is not None]
        if not self.message_cache:
            self.empty_until = time.monotonic() + FETCH_EVERY
            self._wait_for_message()

    def _wait_for_message(self) -> None:
        """The head moved onto itself: waits for a message without taking it."""
        found = self.broker.client.blmove(self.list, self.list, self.timeout / 1000, "LEFT", "LEFT")
        if found is not None:
            self.empty_until = 0.0

    def _wait_for_room(self) -> None:
        self.room.wait(self.timeout / 1000)
        self.room.clear()

    def _acknowledge(self, pipeline: redis.client.Pipeline) -> int:
        count = len(self.done)
        if count:
            ids = [self.done[position] for position in range(count)]
            self.broker.acknowledge(pipeline, self.queue_name, ids)
        return count

    def close(self) -> None:
        """Send the acknowledgements that are still to be sent, and give back what was fetched and
        not handed on."""
        pipeline = self.broker.client.pipeline(transaction=False)
        self._acknowledge(pipeline)
        fetched, self.message_cache = self.message_cache, []
        try:
            self.broker.run(pipeline)
            self.requeue([Message.decode(data) for data in fetched])  # type: ignore[no-untyped-call]
        except redis.RedisError as fault:
            raise ConnectionClosed(str(fault)) from None  # type: ignore[no-untyped-call]


def make_broker(
    redis_url: str, middleware: Sequence[Middleware] = (), queues: Sequence[str] = QUEUES
) -> DoorbellBroker:
    """A broker on ``redis_url`` that knows ``queues``, connecting when first used. The database
    number should be the broker's own: dramatiq's maintenance walks all keys of it."""
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=5,
        socket_connect_timeout=2,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(base=0.05, cap=0.2), 1),
    )
    broker = DoorbellBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=list(middleware),
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
    )
    for queue in queues:
        broker.declare_queue(queue)
    return broker


def give_back(worker: Worker) -> None:
    """Stop fetching, and put back what waits in ``worker`` for a thread. dramatiq does so too, but
    only when the last thread is done, which may take as long as the longest call."""
    for consumer in worker.consumers.values():
        consumer.pause()
    waiting: dict[str, list[Any]] = {}
    for item in iter_queue(worker.work_queue):  # type: ignore[no-untyped-call]
        waiting.setdefault(item.message.queue_name, []).append(item.message)
    for queue, messages in waiting.items():
        try:
            worker.consumers[queue].requeue_messages(messages)
        except ConnectionClosed:
            log.warning("broker.not_given_back", queue=queue, messages=len(messages))


def _encoded(dispatch: Doorbell) -> bytes:
    return Message(
        queue_name=dispatch.queue,
        actor_name=dispatch.actor,
        args=dispatch.arguments,
        kwargs={},
        options={"redis_message_id": dispatch.message_id},
        message_id=dispatch.message_id,
    ).encode()
