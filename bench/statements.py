"""statements: what the statements of a publication cost PostgreSQL, one connection, no worker.

CPU of the server's process and bytes of WAL for each publication: the claim in batches as the
scheduler has them, lease, announcement and outcome in batches as the workers share them; and how
many of the leases and announcements were written in place, without touching an index.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import psycopg
from sqlalchemy import text

from bench import load
from bench.ground import ground
from bench.report import Figure, show
from db import dispatching, leases, outcomes
from db.engine import Connection, make_engine
from db.leases import Ask, Held, Intent
from db.outcomes import Evidence, Success, Toll
from db.seal import Keyring, new_key
from domain.accounts import AccountHealth
from domain.content import Platform
from domain.health import Condition
from domain.messages import Dispatch
from scheduler.dispatch import BATCH

R = TypeVar("R")

IN_PLACE: Final = (
    "SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'post_publications'"
)


@dataclass(slots=True)
class Meter:
    """Adds up what one connection costs, by the name of what it did."""

    connection: Connection
    microseconds: dict[str, float] = field(default_factory=dict)
    wal: dict[str, float] = field(default_factory=dict)

    def of(self, name: str, work: Callable[[], R]) -> R:
        wal, cpu = self._wal(), self._cpu()
        done = work()
        self.microseconds[name] = self.microseconds.get(name, 0.0) + self._cpu() - cpu
        self.wal[name] = self.wal.get(name, 0.0) + self._wal() - wal
        return done

    def _cpu(self) -> float:
        pid = self._one("SELECT pg_backend_pid()")
        return int(Path(f"/proc/{pid:.0f}/schedstat").read_text().split()[0]) / 1000

    def _wal(self) -> float:
        return self._one("SELECT pg_current_wal_insert_lsn() - '0/0'")

    def _one(self, query: str) -> float:
        return float(self.connection.execute(text(query)).scalar_one())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=2_000)
    parser.add_argument("--batch", type=int, default=48, help="of workers, written together")


def run(options: argparse.Namespace) -> int:
    """Always 0: there is no target."""
    many = options.publications
    with ground(0.0) as place:
        url = place.schema("statements")
        with psycopg.connect(url) as session:
            accounts = load.connect_accounts(session, Keyring.parse(new_key("bench")), many)
            due = datetime.now(UTC)  # noqa: TID251  the time itself
            load.schedule(session, accounts, [due] * many)
        engine = make_engine(url, application_name="bench", by_key=True)
        with closing(engine.connect()) as connection:
            meter = Meter(connection)
            dispatches = _dispatched(meter)
            for start in range(0, len(dispatches), options.batch):
                _published(meter, dispatches[start : start + options.batch])
        engine.dispose()
        with psycopg.connect(url) as session:
            ((in_place,),) = session.execute(IN_PLACE).fetchall()
    settings = {"publications": many, "batch": options.batch}
    figures = [
        *_figures(meter, len(dispatches)),
        Figure("lease and announcement: in place", 50 * in_place / len(dispatches), "%"),
    ]
    show("statements", settings, figures)
    return 0


def _dispatched(meter: Meter) -> list[Dispatch]:
    def claim() -> Sequence[Dispatch]:
        return dispatching.release(
            meter.connection,
            batch=BATCH,
            low_water=None,
            late_window=timedelta(hours=1),
            rooms=dict.fromkeys(Platform, BATCH),
        ).dispatches

    found: list[Dispatch] = []
    while more := meter.of("claim", claim):
        found += more
    return found


def _published(meter: Meter, dispatches: Sequence[Dispatch]) -> None:
    connection = meter.connection
    asks = [Ask(one.publication_id, one.number, uuid.uuid4()) for one in dispatches]
    rows = meter.of("lease", lambda: leases.take_all(connection, asks))
    held = [leases.held_from(row) for row in rows.values()]
    intents = [Intent(one, {}) for one in held]
    meter.of("announcement", lambda: leases.announce_all(connection, intents))
    successes = [_success(one) for one in held]
    meter.of("outcome", lambda: outcomes.published_all(connection, successes))


def _success(held: Held) -> Success:
    return Success(
        held,
        Evidence("publish", 201),
        post_id=held.id.hex,
        post_url=f"https://platform.example/{held.id.hex}",
        at=None,
        toll=Toll(Condition(AccountHealth.HEALTHY, 0), held.account.token_stored_at),
        used={},
        closed_until=None,
    )


def _figures(meter: Meter, count: int) -> Iterator[Figure]:
    for name, spent in meter.microseconds.items():
        yield Figure(f"{name}: CPU", spent / count, "us each")
        yield Figure(f"{name}: WAL", meter.wal[name] / count, "bytes each")
    yield Figure("all: CPU", sum(meter.microseconds.values()) / count, "us each")
