"""What can go wrong, drawn at random from a seed: processes, servers, networks, platforms."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import httpx
import psycopg
import redis

from dev.chaos.proxy import Mode, Proxy
from dev.chaos.system import Process, System

PAUSE_SECONDS: Final = (1.0, 8.0)
LONG_PAUSE_SECONDS: Final = 25.0  # longer than a lease
NETWORK_SECONDS: Final = (0.5, 4.0)
LONG_STALL_SECONDS: Final = 12.0
PLATFORM_FAULTS: Final = (
    {"action": "error", "status": 503},
    {"action": "error_after", "status": 500},
    {"action": "drop_before"},
    {"action": "drop_after"},
    {"action": "throttle", "retry_after": 2, "platform": "twitter"},  # the others name no end
    {"action": "delay", "seconds": 3},
)

Act = Callable[["Storm"], None]


@dataclass(slots=True)
class Storm:
    """Faults one after the other, counted by name. What lasts (a paused process, a broken link)
    ends by itself in a thread."""

    system: System
    chance: Random
    counts: Counter[str] = field(default_factory=Counter)
    _deck: list[tuple[str, Act]] = field(default_factory=list)
    _later: list[threading.Thread] = field(default_factory=list)

    def rage(self, kills: int, every: float, until: Callable[[], bool]) -> None:
        """A kill every ``every`` seconds in the mean and another fault after each, until there
        were ``kills`` or ``until`` says that it is enough."""
        pause = threading.Event()
        for _ in range(kills):
            if until():
                break
            self._kill()
            pause.wait(self.chance.expovariate(2 / every))
            name, act = self._draw()
            self.counts[name] += 1
            act(self)
            pause.wait(self.chance.expovariate(2 / every))
        for thread in self._later:
            thread.join()
        self.calm()

    def calm(self) -> None:
        """Nothing new goes wrong from now on."""
        httpx.delete(f"{self.system.sandbox_url}/_sandbox/faults", timeout=30)
        for link in self._links():
            link.set_mode(Mode.PASS)

    def _draw(self) -> tuple[str, Act]:
        """From a shuffled deck, so that a short storm has of everything."""
        if not self._deck:
            self._deck = self.chance.sample(ACTS, len(ACTS))
        return self._deck.pop()

    def _kill(self) -> None:
        process = self.chance.choice([*self.system.publishers * 3, *self.system.schedulers])
        self.counts[f"kill {process.name.partition('-')[0]}"] += 1
        process.send(signal.SIGKILL)

    def pause_process(self) -> None:
        process = self.chance.choice([*self.system.publishers, *self.system.schedulers])
        self._stop_for(process, self.chance.uniform(*PAUSE_SECONDS))

    def pause_past_lease(self) -> None:
        self._stop_for(self.chance.choice(self.system.publishers), LONG_PAUSE_SECONDS)

    def terminate(self) -> None:
        self.chance.choice([*self.system.publishers, *self.system.schedulers]).send(signal.SIGTERM)

    def flush(self) -> None:
        with redis.Redis.from_url(self.system.direct_redis_url) as client:
            client.flushall()

    def restart_cache(self) -> None:
        self.system.restart_cache()

    def restart_database(self) -> None:
        self.system.restart_database()

    def terminate_backends(self) -> None:
        with psycopg.connect(self.system.direct_database_url, autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name <> 'judge'"
            )

    def cut(self) -> None:
        self.chance.choice(self._links()).cut()

    def refuse(self) -> None:
        self._break_for(Mode.REFUSE, self.chance.uniform(*NETWORK_SECONDS))

    def stall(self) -> None:
        self._break_for(Mode.STALL, self.chance.uniform(*NETWORK_SECONDS))

    def stall_long(self) -> None:
        self._break_for(Mode.STALL, LONG_STALL_SECONDS)

    def swallow(self) -> None:
        self._break_for(Mode.SWALLOW, self.chance.uniform(*NETWORK_SECONDS))

    def break_platform(self) -> None:
        fault = {
            **self.chance.choice(PLATFORM_FAULTS),
            "step": "publish",
            "times": self.chance.randint(1, 10),
        }
        httpx.post(
            f"{self.system.sandbox_url}/_sandbox/faults", json=fault, timeout=30
        ).raise_for_status()

    def _links(self) -> Sequence[Proxy]:
        return (self.system.database_link, self.system.cache_link, self.system.platform_link)

    def _stop_for(self, process: Process, seconds: float) -> None:
        process.send(signal.SIGSTOP)
        self._after(seconds, lambda: process.send(signal.SIGCONT))

    def _break_for(self, mode: Mode, seconds: float) -> None:
        link = self.chance.choice(self._links())
        link.set_mode(mode)
        self._after(seconds, lambda: link.set_mode(Mode.PASS))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def wait_and_act() -> None:
            threading.Event().wait(seconds)
            act()

        self._later = [thread for thread in self._later if thread.is_alive()]
        thread = threading.Thread(target=wait_and_act, daemon=True)
        self._later.append(thread)
        thread.start()


ACTS: Final[Sequence[tuple[str, Act]]] = (
    ("pause a process", Storm.pause_process),
    ("pause a publisher past its lease", Storm.pause_past_lease),
    ("SIGTERM", Storm.terminate),
    ("FLUSHALL", Storm.flush),
    ("restart Redis", Storm.restart_cache),
    ("restart PostgreSQL", Storm.restart_database),
    ("terminate all backends", Storm.terminate_backends),
    ("cut a link", Storm.cut),
    ("refuse on a link", Storm.refuse),
    ("stall a link", Storm.stall),
    ("stall a link for long", Storm.stall_long),
    ("swallow replies on a link", Storm.swallow),
    *(("break a platform", Storm.break_platform),) * 3,
)
