"""Everything that can be broken: real servers behind proxies, real processes under a supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from dev import postgres, stage, valkey
from dev.chaos.proxy import Proxy
from dev.children import Server
from sandbox.process import start as start_sandbox

PUBLISHERS: Final = 3
SCHEDULERS: Final = 2
THREADS: Final = 16
LOOK_EVERY: Final = 0.1
STOP_WITHIN: Final = 30.0


@dataclass(slots=True)
class Process:
    """A process that is started again whenever it ends, as a supervisor in production does."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: IO[bytes]
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.child = stage.start(self.command, self.environ, self.log)

    @property
    def ended(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """To the whole process group."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)


class Supervisor:
    """Starts everything, and again what ends."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self.processes = processes
        self.restarts = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        for process in self.processes:
            process.start()
        self._thread.start()

    def stop(self) -> None:
        """End all in good order, the hard way after half a minute."""
        self._stop.set()
        self._thread.join()
        for process in self.processes:
            process.send(signal.SIGCONT)
            process.send(signal.SIGTERM)
        until = time.monotonic() + STOP_WITHIN
        for process in self.processes:
            if process.child is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.child.wait(max(until - time.monotonic(), 0.1))
                process.send(signal.SIGKILL)
                process.child.wait()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            for process in self.processes:
                if process.ended:
                    self.restarts += 1
                    process.start()


@dataclass(slots=True)
class System:
    """What the faults act upon. The proxies' ports stay the same however often a server is started
    again; ``direct_*`` go past them, for the judge."""

    root: Path
    database: Server
    cache: Server
    database_link: Proxy
    cache_link: Proxy
    platform_link: Proxy
    sandbox_url: str
    token_keys: str
    publishers: list[Process] = field(default_factory=list)
    schedulers: list[Process] = field(default_factory=list)

    @property
    def direct_database_url(self) -> str:
        return postgres.url(self.database)

    @property
    def direct_redis_url(self) -> str:
        return valkey.url(self.cache)

    def restart_database(self) -> None:
        """Crash it (immediate shutdown) and start it again on its data."""
        self.database.kill()
        self.database = postgres.start(self.root, durable=True)
        self.database_link.target = self.database.port

    def restart_cache(self) -> None:
        """Kill it and start it again on its data."""
        self.cache.kill()
        self.cache = valkey.start(self.root)
        self.cache_link.target = self.cache.port

    def stop_servers(self) -> None:
        self.cache.stop()
        self.database.stop()


@contextmanager
def running(root: Path, token_keys: str) -> Iterator[System]:
    """Servers, proxies and the sandbox; no scheduler or publisher yet, see `supervised`."""
    with ExitStack() as stack:
        database = postgres.start(root, durable=True)
        cache = valkey.start(root)
        sandbox = stack.enter_context(start_sandbox())
        to_database = stack.enter_context(closing(Proxy(database.port)))
        to_cache = stack.enter_context(closing(Proxy(cache.port)))
        to_platforms = stack.enter_context(closing(Proxy(int(sandbox.url.rpartition(":")[2]))))
        postgres.create_database(database)
        system = System(
            root=root,
            database=database,
            cache=cache,
            database_link=to_database,
            cache_link=to_cache,
            platform_link=to_platforms,
            sandbox_url=sandbox.url,
            token_keys=token_keys,
        )
        stack.callback(system.stop_servers)
        yield system


@contextmanager
def supervised(system: System) -> Iterator[Supervisor]:
    """Schedulers and publishers, which reach everything through the proxies."""
    environ = stage.environment(
        f"postgresql://{postgres.USER}@127.0.0.1:{system.database_link.port}/{postgres.USER}",
        f"redis://127.0.0.1:{system.cache_link.port}/1",
        f"http://127.0.0.1:{system.platform_link.port}",
        system.token_keys,
    )
    logs = system.root / "logs"
    logs.mkdir(exist_ok=True)
    publish = stage.publisher_command(processes=1, threads=THREADS)
    with ExitStack() as stack:
        for kind, count, command in (
            (system.schedulers, SCHEDULERS, stage.scheduler_command()),
            (system.publishers, PUBLISHERS, publish),
        ):
            for number in range(count):
                name = f"{command[2].rpartition('.')[2]}-{number}"
                log = stack.enter_context((logs / f"{name}.log").open("ab"))
                kind.append(Process(name, command, environ, log))
        supervisor = Supervisor([*system.schedulers, *system.publishers])
        stack.callback(supervisor.stop)
        supervisor.start()
        yield supervisor
