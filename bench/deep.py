"""deep: very many posts scheduled far ahead, and 1,000 due.

What the scheduler's statements cost PostgreSQL then, in milliseconds and buffers: the poll that
finds nothing, and the look, once a second, whether anything waits or was committed late; the claim
of 500 due posts, which releases and dispatches them; the release of 500 for whose platform there is
no room, and their dispatch later. Once more with an old snapshot held open, which keeps every dead
row and index entry of 2,000 posts before them. The yardstick is no more than the two writes of a
claim: 500 posts and 500 publications, given by key, become publishing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy import text

from bench import load
from bench.ground import ground
from bench.report import Figure, Target, show
from db.dispatching import LATE_SPACING, OVERDUE
from db.engine import Engine, make_engine
from db.seal import Keyring, new_key
from db.statements import statement
from domain.content import Platform
from scheduler.dispatch import BATCH, MARGIN

DUE: Final = 1_000
POLLS: Final = 9
BOUNDS: Final = {"empty poll": 1.0, "claim of 500": 15.0}
POLL_BUFFERS: Final = 10
AHEAD: Final = {
    "posts": "INSERT INTO posts (user_id, content, status, scheduled_at)"
    " SELECT (SELECT id FROM users LIMIT 1), 'far ahead', 'scheduled',"
    " now() + interval '30 days' + n * interval '1 second' FROM generate_series(1, %s) AS n",
    "post_publications": "INSERT INTO post_publications"
    " (post_id, social_account_id, platform, status) SELECT p.id, a.id, a.platform, 'scheduled'"
    " FROM posts p, (SELECT id, platform FROM social_accounts LIMIT 1) AS a LIMIT %s",
}
FOUND: Final = (
    "SELECT p.id, pp.id FROM posts p JOIN post_publications pp ON pp.post_id = p.id"
    " WHERE p.status = 'scheduled' AND p.scheduled_at <= now()"
)
BARE_WRITES: Final = {
    "posts": "status = 'publishing', updated_at = now()",
    "post_publications": "status = 'publishing', updated_at = now(), dispatched_at = now(),"
    " dispatch_number = dispatch_number + 1",
}
DONE: Final = (
    "UPDATE post_publications SET status = 'published', published_at = now(),"
    " platform_post_id = id, dispatched_at = NULL, next_attempt_at = NULL"
    " WHERE status = 'publishing'"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one execution, triggers included."""

    milliseconds: float
    buffers: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.milliseconds + other.milliseconds, self.buffers + other.buffers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publications", type=int, default=10_000_000, help="far ahead")


def run(options: argparse.Namespace) -> int:
    """0: all targets met; 1: one was missed."""
    with ground(0.0) as place:
        url = place.schema("deep")
        engine = make_engine(url, application_name="bench")
        with psycopg.connect(url) as session:
            accounts = load.connect_accounts(session, Keyring.parse(new_key("bench")), DUE)
            _schedule_ahead(session, options.publications)
            calm = _costs_when_warm(engine, session, accounts)
            with _old_snapshot(url):
                held = _costs_when_warm(engine, session, accounts)
        engine.dispose()
    figures = [*_figures("", calm, None), *_figures("old snapshot: ", held, calm)]
    name = f"deep-{options.publications}"
    return 0 if show(name, {"far ahead": options.publications, "due": DUE}, figures) else 1


def _schedule_ahead(session: psycopg.Connection, count: int) -> None:
    """``count`` posts, each with its publication, from a month ahead on, a second apart. Loaded
    without rules and indexes, which are built afterwards: row by row it would take hours."""
    session.execute("SET maintenance_work_mem = '512MB'")
    indexes = [found for table in AHEAD for found in _indexes(session, table)]
    for name, _ in indexes:
        session.execute(f"DROP INDEX {name}".encode())
    for table, insert in AHEAD.items():
        session.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        session.execute(insert.encode(), [count])
        session.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL".encode())
    for _, definition in indexes:
        session.execute(definition.encode())
    session.commit()


def _indexes(session: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    """Name and definition of those that are no constraint's."""
    query = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)"
    )
    return session.execute(query, [table, table]).fetchall()


@contextmanager
def _old_snapshot(url: str) -> Iterator[None]:
    """A transaction of another session that has looked at the database and goes on."""
    with psycopg.connect(url) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute("SELECT FROM posts LIMIT 1")
        yield


def _costs_when_warm(
    engine: Engine, session: psycopg.Connection, accounts: Sequence[UUID]
) -> dict[str, Cost]:
    """Of the second time, so that no state is measured colder than the other."""
    _costs(engine, session, accounts)
    return _costs(engine, session, accounts)


def _costs(
    engine: Engine, session: psycopg.Connection, accounts: Sequence[UUID]
) -> dict[str, Cost]:
    """What each statement costs, once with nothing due and then with 1,000 due."""
    now = datetime.now(UTC)  # noqa: TID251  the time itself
    polls = [_poll(engine, now) for _ in range(POLLS)]
    looks = [_cost(engine, _sql("waiting"), {}) + _poll(engine, now - MARGIN) for _ in range(POLLS)]
    writes = _bare_writes(engine, session, accounts)
    claims = _releases(engine, session, accounts, rooms=dict.fromkeys(Platform, BATCH))
    releases = _releases(engine, session, accounts, rooms={})
    rooms = json.dumps(dict.fromkeys(Platform, BATCH // 3))
    dispatch = _cost(
        engine, _sql("dispatch"), {"rooms": rooms, "spacing": LATE_SPACING, "overdue": OVERDUE}
    )
    _finish(session)
    return {
        "empty poll": _usual(polls),
        "look": _usual(looks),
        "bare writes of 500": writes,
        "claim of 500": claims,
        "release of 500": releases,
        "dispatch of 500": dispatch,
    }


def _poll(engine: Engine, after: datetime) -> Cost:
    return _cost(engine, _sql("next_due"), {"after": after})


def _bare_writes(engine: Engine, session: psycopg.Connection, accounts: Sequence[UUID]) -> Cost:
    """Of one batch, given by key."""
    _schedule(session, accounts)
    found = session.execute(FOUND.encode()).fetchall()
    session.commit()
    costs = []
    for start in range(0, len(found), BATCH):
        posts, publications = zip(*found[start : start + BATCH], strict=True)
        costs.append(
            _write(engine, "posts", posts) + _write(engine, "post_publications", publications)
        )
    return _usual(costs)


def _write(engine: Engine, table: str, ids: Sequence[UUID]) -> Cost:
    sql = f"UPDATE {table} SET {BARE_WRITES[table]} WHERE id = ANY(:ids)"
    return _cost(engine, sql, {"ids": list(ids)})


def _releases(
    engine: Engine,
    session: psycopg.Connection,
    accounts: Sequence[UUID],
    rooms: dict[Platform, int],
) -> Cost:
    """Of one batch; nothing else is under way when they begin."""
    due = _schedule(session, accounts)
    values = {
        "batch": BATCH,
        "low_water": due - MARGIN,
        "late_window": timedelta(hours=1),
        "overdue": OVERDUE,
        "rooms": json.dumps(rooms),
        "crowding": [],
    }
    return _usual([_cost(engine, _sql("release"), values) for _ in range(len(accounts) // BATCH)])


def _schedule(session: psycopg.Connection, accounts: Sequence[UUID]) -> datetime:
    """One post on each account, due at once, when all that came before is done."""
    _finish(session)
    due = datetime.now(UTC)  # noqa: TID251  the time itself
    load.schedule(session, accounts, [due] * len(accounts))
    return due


def _finish(session: psycopg.Connection) -> None:
    session.execute(DONE)
    session.commit()


def _usual(costs: Sequence[Cost]) -> Cost:
    return Cost(
        median(cost.milliseconds for cost in costs), round(median(cost.buffers for cost in costs))
    )


def _sql(name: str) -> str:
    return str(statement(name).text)


def _cost(engine: Engine, sql: str, values: dict[str, Any]) -> Cost:
    """Of a statement, carried out."""
    explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"
    with engine.connect() as connection:
        (found,) = connection.execute(text(f"{explain}\n{sql}"), values).scalar_one()
    plan = found["Plan"]
    return Cost(found["Execution Time"], plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _figures(prefix: str, costs: dict[str, Cost], calm: dict[str, Cost] | None) -> Iterator[Figure]:
    """With the targets of the calm database, or twice what it took there."""
    for name, cost in costs.items():
        milliseconds = BOUNDS.get(name) if calm is None else 2 * calm[name].milliseconds
        buffers = POLL_BUFFERS if calm is None and name == "empty poll" else None
        yield Figure(f"{prefix}{name}", cost.milliseconds, "ms", _at_most(milliseconds))
        yield Figure(f"{prefix}{name}", cost.buffers, "buffers", _at_most(buffers))
    ratio = costs["claim of 500"].milliseconds / costs["bare writes of 500"].milliseconds
    yield Figure(f"{prefix}claim, of its bare writes", ratio, "x")


def _at_most(bound: float | None) -> Target | None:
    return None if bound is None else Target(bound, "low")
