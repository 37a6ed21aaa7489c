"""Scheduler and worker in the test's own process: stepped, not waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import psycopg

from db import dispatching, leases
from db.engine import Engine
from db.leases import Ask, Held, Intent
from db.writer import Writer
from domain.content import Platform
from domain.failures import TokenRevoked
from domain.messages import Dispatch
from platforms.adapter import Published
from platforms.registry import ADAPTERS
from platforms.transport import Transport
from runtime.settings import PlatformSettings
from tests.make import KEYRING, MadeAccount
from workers.holding import Heartbeat
from workers.publish import Publisher
from workers.record import Recorder
from workers.run import Run
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

    def know_entry(self, entry: dict[str, object]) -> None:
        """Tell the sandbox of one account, in its own words."""
        httpx.post(f"{self.sandbox_url}/_sandbox/accounts", json=entry).raise_for_status()

    def break_with(self, **fault: object) -> None:
        """Tell the sandbox what is to go wrong."""
        httpx.post(f"{self.sandbox_url}/_sandbox/faults", json=fault).raise_for_status()

    def mend(self) -> None:
        """Tell the sandbox that nothing goes wrong any more."""
        httpx.delete(f"{self.sandbox_url}/_sandbox/faults").raise_for_status()

    def accepted(self, **wanted: str) -> list[dict[str, object]]:
        """What the platforms have accepted."""
        found = httpx.get(f"{self.sandbox_url}/_sandbox/ledger", params=wanted).json()
        return list(found["posts"])

    def calls(self, platform: Platform) -> list[str]:
        """``METHOD path status`` of every call so far."""
        found = httpx.get(f"{self.sandbox_url}/_sandbox/calls", params={"platform": platform})
        return [f"{c['method']} {c['path']} {c['status']}" for c in found.json()["calls"]]

    def dispatch(self) -> list[Dispatch]:
        """Release what is due, at once where that can be, and dispatch what waits, without a
        broker."""
        with self.engine.connect() as connection:
            at_once = dispatching.release(
                connection,
                batch=500,
                low_water=None,
                late_window=LATE_WINDOW,
                rooms=EVERYWHERE,
            ).dispatches
            return [*at_once, *dispatching.dispatch(connection, EVERYWHERE)]

    def work(self, dispatches: Sequence[Dispatch]) -> None:
        for dispatch in dispatches:
            self.publisher.publish(dispatch.publication_id, dispatch.number)

    def step(self) -> int:
        """One pass of everything; how much there was to do."""
        dispatches = self.dispatch()
        self.work(dispatches)
        return len(dispatches)

    def reap(self) -> int:
        """Take back leases that have run out; how many there were."""
        with self.engine.connect() as connection:
            causes = dispatching.reap_leases(
                connection, settle_after=timedelta(seconds=15), crashes=3, batch=100
            )
            return sum(causes.values())

    def take(self, dispatch: Dispatch) -> Held:
        """Take the lease, as a worker does that is then lost."""
        held = self.try_take(dispatch)
        assert held is not None
        return held

    def try_take(self, dispatch: Dispatch) -> Held | None:
        """The same; None when the dispatch is void."""
        with self.engine.connect() as connection:
            row = leases.take(connection, Ask(dispatch.publication_id, dispatch.number, uuid4()))
        return None if row is None else leases.held_from(row)

    def announce(self, held: Held) -> None:
        """Commit the intent, as a worker does that is then lost."""
        with self.engine.connect() as connection:
            leases.announce(connection, Intent(held, {}))

    def run_of(self, held: Held) -> Run:
        """What a worker that holds it works with."""
        return Run(held, self.publisher.writer)

    @staticmethod
    def some_post() -> Published:
        return Published("1930", "https://x.com/i/web/status/1930")

    @staticmethod
    def revoked() -> TokenRevoked:
        return TokenRevoked("the owner removed the application; connect the account again")

    def hurry(self, session: psycopg.Connection, publication: UUID, by: str = "1 day") -> None:
        """Let the time of a waiting publication come, with all that it remembers moved back."""
        session.execute(
            "UPDATE post_publications SET next_attempt_at = clock_timestamp(),"
            " intent_at = intent_at - %(by)s::interval,"
            " waiting_since = waiting_since - %(by)s::interval"
            " WHERE id = %(id)s AND status = 'publishing'",
            {"id": publication, "by": by},
        )
        session.execute("UPDATE social_accounts SET paused_until = NULL")
        session.execute("DELETE FROM platform_pauses")


def make_system(engine: Engine, sandbox_url: str) -> System:
    apps = {
        platform: PlatformSettings(f"{sandbox_url}/{platform}", "client", "client-secret")
        for platform in Platform
    }
    urls: dict[str, str] = {platform: app.url for platform, app in apps.items()}
    urls["instagram_facebook"] = f"{sandbox_url}/instagram"
    transport = Transport(urls, media_allow_private=True)
    publisher = Publisher(
        engine=engine,
        writer=Writer(engine),
        adapters=ADAPTERS,
        transport=transport,
        tokens=TokenDesk(engine, KEYRING, transport, apps),
        recorder=Recorder(max_retries=3, draw=lambda: 0.5),
        holding=Heartbeat(engine).holding,
    )
    return System(engine, sandbox_url, publisher)
