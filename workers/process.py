"""The life of a worker process: pools made after the fork, heartbeat, an orderly end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from db.engine import Engine
from db.seal import Keyring
from db.writer import Writer
from platforms.registry import ADAPTERS
from platforms.transport import Transport
from runtime import clock, log
from runtime.broker import give_back
from runtime.garbage import spare_the_collector
from runtime.settings import Settings
from workers.boot import ready_engine
from workers.holding import Heartbeat
from workers.publish import Publisher
from workers.record import Recorder
from workers.tokens import TokenDesk
from workers.upkeep import Upkeep


class Process(Middleware):
    """Makes what the process needs once it has been forked, and unmakes it at its end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._heartbeat: Heartbeat | None = None
        self._publisher: Publisher | None = None
        self._upkeep: Upkeep | None = None
        self._stopping = threading.Event()

    def publish(self, publication_id: str, number: int) -> None:
        """The actor: one dispatch of one publication."""
        if self._publisher is None:
            raise RuntimeError("the process has not booted")
        self._publisher.publish(UUID(publication_id), number)

    def look_after(self, account_id: str, _number: int) -> None:
        """The actor: one look at one account."""
        if self._upkeep is None:
            raise RuntimeError("the process has not booted")
        self._upkeep.look_after(UUID(account_id))

    def after_process_boot(self, _broker: Broker) -> None:
        log.configure(level=self._settings.log_level)
        self._engine = ready_engine(
            self._settings.database_url, application_name="publisher", by_key=True
        )
        self._heartbeat = Heartbeat(self._engine)
        self._heartbeat.start()
        self._publisher = make_publisher(
            self._settings, self._engine, self._heartbeat, self._stopping.is_set
        )
        self._upkeep = make_upkeep(self._engine, self._publisher.tokens)
        spare_the_collector()

    def before_worker_shutdown(self, _broker: Broker, worker: Worker) -> None:
        """What waits in this process goes back to the queue at once, for others to take up, and
        what is begun and not announced is handed back at its next step."""
        self._stopping.set()
        give_back(worker)

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._publisher is not None:
            self._publisher.transport.close()
            self._publisher.writer.close()
        if self._engine is not None:
            self._engine.dispose()


def make_publisher(
    settings: Settings, engine: Engine, heartbeat: Heartbeat, stopping: Callable[[], bool]
) -> Publisher:
    """A publisher for the real platforms, or for whatever stands at the settings' URLs."""
    tokens = make_desk(settings, engine)
    return Publisher(
        engine=engine,
        writer=Writer(engine),
        adapters=ADAPTERS,
        transport=tokens.transport,
        tokens=tokens,
        recorder=Recorder(settings.max_retries, clock.draw),
        holding=heartbeat.holding,
        stopping=stopping,
    )


def make_desk(settings: Settings, engine: Engine) -> TokenDesk:
    """Tokens of the real platforms, or of whatever stands at the settings' URLs."""
    transport = Transport(settings.base_urls, media_allow_private=settings.media_allow_private)
    return TokenDesk(engine, Keyring.parse(settings.token_keys), transport, settings.platforms)


def make_upkeep(engine: Engine, tokens: TokenDesk) -> Upkeep:
    """Upkeep that shares its tokens' single flight with whoever else uses ``tokens``."""
    return Upkeep(engine, ADAPTERS, tokens, clock.draw)
