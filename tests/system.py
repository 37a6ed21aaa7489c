"""Scheduler and worker in the test's own process: stepped, not waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg

from db import dispatching
from db.engine import Engine
from domain.content import Platform
from domain.messages import Dispatch
from platforms.registry import ADAPTERS
from platforms.transport import Transport
from runtime.settings import PlatformSettings
from tests.make import KEYRING, MadeAccount
from workers.holding import Heartbeat
from workers.publish import Publisher
from workers.record import Recorder
from workers.tokens import TokenDesk

LATE_WINDOW = timedelta(hours=6)
EVERYWHERE = dict.fromkeys(Platform, 100)


@dataclass(frozen=True)
class System:
    """One worker over one database and one sandbox."""

    engine: Engine
    sandbox_url: str
    publisher: Publisher

    def know(self, *accounts: MadeAccount) -> None:
        """Tell the sandbox of these accounts."""
        entries = [account.sandbox_entry for account in accounts]
        httpx.post(f"{self.sandbox_url}/_sandbox/accounts", json=entries).raise_for_status()

    def break_with(self, **fault: object) -> None:
        """Tell the sandbox what is to go wrong."""
        httpx.post(f"{self.sandbox_url}/_sandbox/faults", json=fault).raise_for_status()

    def accepted(self, **wanted: str) -> list[dict[str, object]]:
        """What the platforms have accepted."""
        found = httpx.get(f"{self.sandbox_url}/_sandbox/ledger", params=wanted).json()
        return list(found["posts"])

    def calls(self, platform: Platform) -> list[str]:
        """``METHOD path status`` of every call so far."""
        found = httpx.get(f"{self.sandbox_url}/_sandbox/calls", params={"platform": platform})
        return [f"{c['method']} {c['path']} {c['status']}" for c in found.json()["calls"]]

    def dispatch(self) -> list[Dispatch]:
        """Release what is due and dispatch what waits, without a broker."""
        with self.engine.connect() as connection:
            dispatching.release(connection, batch=500, low_water=None, late_window=LATE_WINDOW)
            return dispatching.dispatch(connection, EVERYWHERE)

    def work(self, dispatches: Sequence[Dispatch]) -> None:
        for dispatch in dispatches:
            self.publisher.publish(dispatch.publication_id, dispatch.number)

    def step(self) -> int:
        """One pass of everything; how much there was to do."""
        dispatches = self.dispatch()
        self.work(dispatches)
        return len(dispatches)

    def hurry(self, session: psycopg.Connection, publication: UUID, by: str = "1 day") -> None:
        """Let the time of a waiting publication come, with all that it remembers moved back."""
        session.execute(
            "UPDATE post_publications SET next_attempt_at = clock_timestamp(),"
            " intent_at = intent_at - %(by)s::interval,"
            " waiting_since = waiting_since - %(by)s::interval WHERE id = %(id)s",
            {"id": publication, "by": by},
        )
        session.execute("UPDATE social_accounts SET paused_until = NULL")
        session.execute("DELETE FROM platform_pauses")


def make_system(engine: Engine, sandbox_url: str) -> System:
    apps = {
        platform: PlatformSettings(f"{sandbox_url}/{platform}", "client", "client-secret")
        for platform in Platform
    }
    urls = {platform: app.url for platform, app in apps.items()}
    transport = Transport(urls, media_allow_private=True)
    publisher = Publisher(
        engine=engine,
        adapters=ADAPTERS,
        transport=transport,
        tokens=TokenDesk(engine, KEYRING, transport, apps),
        recorder=Recorder(max_retries=3, draw=lambda: 0.5),
        holding=Heartbeat(engine).holding,
    )
    return System(engine, sandbox_url, publisher)
