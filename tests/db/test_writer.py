"""What workers write together is as fenced as what they write alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import dispatching, leases, outcomes
from db.engine import Engine, transaction
from db.leases import Ask, Held, Intent, LeaseLost
from db.outcomes import Evidence, Success, Toll
from db.writer import Writer
from domain.content import Platform
from domain.health import Condition
from domain.messages import Dispatch
from tests.make import a_post, a_user, an_account, ledger_of, row_of, value
from tests.system import System
from tests.waiting import WAITING_FOR_LOCKS, eventually

SOME = (Platform.TWITTER, Platform.THREADS, Platform.LINKEDIN)


@pytest.fixture
def writer(engine: Engine):
    made = Writer(engine)
    yield made
    made.close()


def dispatched(system: System, connection: psycopg.Connection, posts: int = 1) -> list[Dispatch]:
    """Dispatches of ``posts`` posts of as many users, each on three platforms."""
    for _ in range(posts):
        user = a_user(connection)
        a_post(connection, user, [an_account(connection, user, platform) for platform in SOME])
    return system.dispatch()


def success(held: Held, post_id: str = "1930") -> Success:
    toll = Toll(Condition(held.account.health, 0), held.account.token_stored_at)
    return Success(held, Evidence("publish", 201), post_id, None, None, toll, {}, None)


def at_once(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def test_leases_announcements_and_outcomes_of_a_batch_are_each_members_own(
    system: System, engine: Engine, connection: psycopg.Connection
):
    asked = [
        Ask(found.publication_id, found.number, found.publication_id)
        for found in dispatched(system, connection, posts=2)
    ]
    with engine.connect() as session:
        helds = [leases.held_from(row) for row in leases.take_all(session, asked).values()]
        assert {held.id for held in helds} == {ask.id for ask in asked}
        intents = [Intent(held, {"n": number}) for number, held in enumerate(helds)]
        assert len(leases.announce_all(session, intents)) == 6
        successes = [success(held, f"post {number}") for number, held in enumerate(helds)]
        assert len(outcomes.published_all(session, successes)) == 6
    for number, held in enumerate(helds):
        row = row_of(connection, "post_publications", held.id)
        assert row.status == "published"
        assert row.platform_post_id == f"post {number}"
        assert row.checkpoint["n"] == number
        assert ledger_of(connection, held.id) == ["publish intent", "publish published"]
    assert value(connection, "SELECT array_agg(DISTINCT status)::text FROM posts") == "{published}"
    assert value(connection, "SELECT min(posts_count) FROM social_accounts") == 1


def test_one_dispatch_asked_for_twice_in_a_batch_is_held_once(
    system: System, engine: Engine, connection: psycopg.Connection
):
    first, second, _ = dispatched(system, connection)
    asked = [
        Ask(first.publication_id, first.number, first.publication_id),
        Ask(first.publication_id, first.number, second.publication_id),
    ]
    with engine.connect() as session:
        assert len(leases.take_all(session, asked)) == 1


def test_a_lost_lease_in_a_batch_writes_nothing_and_hinders_nobody(
    system: System, writer: Writer, engine: Engine, connection: psycopg.Connection
):
    helds = [system.take(found) for found in dispatched(system, connection)]
    lost = helds[1]
    connection.execute(
        "UPDATE post_publications SET lease_token = gen_random_uuid() WHERE id = %s", [lost.id]
    )
    with engine.connect() as session:
        announced = leases.announce_all(session, [Intent(held, {}) for held in helds])
        recorded = outcomes.published_all(session, [success(held) for held in helds])
    assert set(announced) == set(recorded) == {held.token for held in helds if held is not lost}
    assert row_of(connection, "post_publications", lost.id).status == "publishing"
    assert ledger_of(connection, lost.id) == []
    with pytest.raises(LeaseLost):
        writer.published(success(lost))


def test_an_edit_that_is_not_committed_holds_up_its_own_post_only(
    system: System,
    writer: Writer,
    engine: Engine,
    connection: psycopg.Connection,
    database_url: str,
):
    helds = [system.take(found) for found in dispatched(system, connection, posts=2)]
    edited = value(connection, "SELECT post_id FROM post_publications WHERE id = %s", helds[0].id)
    with psycopg.connect(database_url) as editor, engine.connect() as session:
        editor.execute("UPDATE posts SET content = 'edited' WHERE id = %s", [edited])
        done = leases.announce_all(session, [Intent(held, {}) for held in helds])
        assert len(done) == 3
        editor.commit()
    left = [held for held in helds if held.token not in done]
    for held in left:
        with pytest.raises(LeaseLost):
            writer.announce(held, {})


def test_an_outcome_that_cannot_be_stored_harms_no_other(
    system: System, writer: Writer, connection: psycopg.Connection
):
    helds = [system.take(found) for found in dispatched(system, connection)]
    faults = []

    def record(held: Held) -> None:
        try:
            writer.published(success(held, "x" * 300 if held is helds[0] else "1930"))
        except DBAPIError as fault:
            faults.append(fault)

    at_once(record, helds)
    assert len(faults) == 1
    query = "SELECT count(*) FROM post_publications WHERE status = 'published'"
    assert value(connection, query) == 2


def test_two_processes_on_the_same_posts_never_lock_each_other_out(
    system: System, writer: Writer, engine: Engine, connection: psycopg.Connection
):
    writers = [writer, Writer(engine)]
    found = dispatched(system, connection, posts=12)

    def work(numbered: tuple[int, Dispatch]) -> None:
        writer = writers[numbered[0] % 2]
        held = writer.take(numbered[1].publication_id, numbered[1].number)
        assert held is not None
        writer.announce(held, {})
        writer.published(success(held))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, enumerate(found)))
    writers[1].close()
    assert value(connection, "SELECT count(*) FROM posts WHERE status = 'published'") == 12
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert value(connection, query) == 0


def recorded_by_the_worker(held: Held, writer: Writer, _: psycopg.Connection) -> None:
    writer.published(success(held))


def recorded_by_hand(held: Held, _: Writer, connection: psycopg.Connection) -> None:
    connection.execute(
        "UPDATE post_publications SET status = 'published', platform_post_id = '1930',"
        " published_at = now(), dispatched_at = NULL, lease_token = NULL, lease_until = NULL"
        " WHERE id = %s",
        [held.id],
    )


@pytest.mark.parametrize("record", [recorded_by_the_worker, recorded_by_hand])
def test_the_same_follows_a_publication_whoever_records_it(
    record: Callable[[Held, Writer, psycopg.Connection], None],
    system: System,
    writer: Writer,
    connection: psycopg.Connection,
):
    helds = [system.take(found) for found in dispatched(system, connection)]
    followed = (
        "SELECT (SELECT status::text FROM posts), (SELECT count(*) FROM publication_syncs),"
        " (SELECT count(*) FROM publication_checks WHERE check_at > now() + interval '1 minute')"
    )
    seen = []
    for held in helds:
        record(held, writer, connection)
        seen += connection.execute(followed.encode()).fetchall()
    assert seen == [("publishing", 1, 1), ("publishing", 2, 2), ("published", 3, 3)]


def test_a_post_is_complete_though_its_last_two_outcomes_are_recorded_at_once(
    system: System, writer: Writer, connection: psycopg.Connection, database_url: str
):
    first, second, third = [system.take(found) for found in dispatched(system, connection)]
    writer.published(success(first))
    with psycopg.connect(database_url) as other, ThreadPoolExecutor(1) as pool:
        recorded_by_hand(second, writer, other)
        last = pool.submit(writer.published, success(third))
        eventually(lambda: value(connection, WAITING_FOR_LOCKS) == 1)
        other.commit()
        last.result(timeout=10)
    assert value(connection, "SELECT status FROM posts") == "published"


def test_only_what_a_call_depends_on_waits_for_the_disk(
    system: System, engine: Engine, connection: psycopg.Connection
):
    dispatched(system, connection)
    connection.execute("UPDATE post_publications SET dispatched_at = NULL, next_attempt_at = now()")
    dispatched_on = dict.fromkeys(Platform, 10)
    seen = {}
    with transaction(engine) as session:

        def wait() -> str:
            was = str(session.execute(text("SHOW synchronous_commit")).scalar_one())
            session.execute(text("SET LOCAL synchronous_commit = 'on'"))
            return was

        dispatching.release(session, batch=1, low_water=None, late_window=timedelta(hours=1))
        seen["release"] = wait()
        found = dispatching.dispatch(session, dispatched_on)
        seen["dispatch"] = wait()
        asks = [Ask(one.publication_id, one.number, one.publication_id) for one in found]
        helds = [leases.held_from(row) for row in leases.take_all(session, asks).values()]
        seen["lease"] = wait()
        assert leases.announce_all(session, [Intent(held, {}) for held in helds])
        seen["announcement"] = wait()
        assert outcomes.published_all(session, [success(held) for held in helds])
        seen["outcome"] = wait()
    lazy = {name for name, waits in seen.items() if waits == "off"}
    assert lazy == {"release", "dispatch", "lease"}
