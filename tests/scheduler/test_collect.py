"""The scheduler finds what is due to be read, and finds again what got lost."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from db import syncs
from db.engine import Engine
from domain.content import Platform
from domain.messages import SYNC_QUEUES
from runtime.broker import BrokerUnreachable, DoorbellBroker, make_broker
from scheduler.collect import QUEUE_ROOM, Collected, Collection
from tests.collecting import Collecting, an_account_with
from tests.make import value
from tests.scheduler.test_plans import explained


@pytest.fixture
def broker(redis_url: str):
    made = make_broker(redis_url, queues=SYNC_QUEUES)
    yield made
    made.close()
    made.client.close()


def accounts_due(session: psycopg.Connection, count: int) -> None:
    """So many accounts with something due, without publications."""
    session.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    session.execute(
        "INSERT INTO users (name, email, password)"
        " SELECT 'T', n || '@b', '$x' FROM generate_series(1, %s) n",
        [count - 1],
    )
    session.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username)"
        " SELECT id, 'twitter', '1', 't' FROM users"
    )
    session.execute(
        "INSERT INTO account_syncs (social_account_id, platform, next_sync_at)"
        " SELECT id, platform, now() - interval '1 minute' FROM social_accounts"
    )


def test_a_tick_takes_in_what_has_rested_and_rings_once_an_account(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    an_account_with(connection, 5)
    an_account_with(connection, 1, platform=Platform.THREADS)
    an_account_with(connection, 1, age=timedelta(minutes=6))
    an_account_with(connection, 1, age=timedelta(minutes=4))
    collection = Collection(engine, broker)
    assert collection.run_once() == Collected(enrolled=7, dispatched=2, lost=0)
    assert broker.depths()["analytics-twitter"] == 1
    assert broker.depths()["analytics-threads"] == 1
    assert collection.run_once() == Collected(0, 0, 0)
    waits = "SELECT min(next_sync_at - now()) FROM account_syncs WHERE next_sync_at IS NOT NULL"
    assert timedelta(minutes=8) < value(connection, waits) < timedelta(minutes=9, seconds=1)


def test_no_more_waits_in_a_queue_than_a_few_runs(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    accounts_due(connection, QUEUE_ROOM + 20)
    assert Collection(engine, broker).run_once().dispatched == QUEUE_ROOM
    assert Collection(engine, broker).run_once().dispatched == 0


def test_what_a_flushed_redis_has_lost_is_rung_again(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    an_account_with(connection, 1)
    collection = Collection(engine, broker)
    assert collection.run_once().dispatched == 1
    broker.client.flushdb()
    connection.execute("UPDATE account_syncs SET dispatched_at = now() - interval '11 seconds'")
    assert collection.run_once() == Collected(enrolled=0, dispatched=1, lost=1)
    assert value(connection, "SELECT dispatch_number FROM account_syncs") == 2


def test_what_waits_long_in_a_queue_is_not_lost(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    an_account_with(connection, 1)
    collection = Collection(engine, broker)
    collection.run_once()
    connection.execute("UPDATE account_syncs SET dispatched_at = now() - interval '1 hour'")
    assert collection.run_once() == Collected(0, 0, 0)


def test_a_message_that_does_not_get_through_leaves_nothing_in_flight(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection, monkeypatch
):
    an_account_with(connection, 1)

    def cut_off(_dispatches: object) -> None:
        raise BrokerUnreachable

    monkeypatch.setattr(broker, "ring", cut_off)
    with pytest.raises(BrokerUnreachable):
        Collection(engine, broker).run_once()
    assert value(connection, "SELECT count(*) FROM account_syncs WHERE dispatched_at IS NULL") == 1


def test_a_void_dispatch_is_left_alone(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    account, _ = an_account_with(connection, 1)
    Collection(engine, broker).run_once()
    collecting = Collecting(engine)
    collecting.collector().collect(account.id, 0)
    assert collecting.asked == []


def test_a_run_whose_worker_is_gone_begins_again_later_each_time(
    engine: Engine, connection: psycopg.Connection
):
    an_account_with(connection, 1)
    collecting, waits = Collecting(engine), []
    for _ in range(3):
        connection.execute("UPDATE account_syncs SET next_sync_at = now()")
        collecting.enrol()
        (dispatch,) = collecting.dispatch()
        with engine.connect() as session:
            assert syncs.take(session, dispatch.account_id, dispatch.number, dispatch.account_id)
        connection.execute("UPDATE account_syncs SET lease_until = now() - interval '1 second'")
        assert collecting.reap() == 1
        waits.append(value(connection, "SELECT next_sync_at - now() FROM account_syncs"))
    minutes = [round(wait.total_seconds() / 60) for wait in waits]
    assert minutes == [1, 2, 4]


def a_large_table(session: psycopg.Connection) -> None:
    """100,000 publications of 2,000 accounts, none of them due."""
    accounts_due(session, 2000)
    session.execute("UPDATE account_syncs SET next_sync_at = now() + interval '1 hour'")
    session.execute("SET session_replication_role = replica")
    session.execute(
        "INSERT INTO publication_syncs"
        " (post_publication_id, social_account_id, published_at, next_sync_at)"
        " SELECT gen_random_uuid(), id, now(), now() + interval '1 hour'"
        " FROM social_accounts, generate_series(1, 50)"
    )
    session.execute("SET session_replication_role = origin")
    session.execute("VACUUM ANALYZE publication_syncs, account_syncs")


def buffers(engine: Engine, name: str, **values: object) -> int:
    plan = explained(engine, name, **values)
    scans = {node.get("Relation Name") for node in plan if node["Node Type"] == "Seq Scan"}
    assert not scans & {"publication_syncs", "account_syncs"}, name
    return int(plan[0]["Shared Hit Blocks"] + plan[0]["Shared Read Blocks"])


def test_finding_work_reads_a_few_pages_however_many_publications_there_are(
    engine: Engine, connection: psycopg.Connection
):
    a_large_table(connection)
    rooms = '{"twitter": 50, "threads": 50, "tiktok": 50}'
    assert buffers(engine, "dispatch_syncs", rooms=rooms) < 30
    assert (
        buffers(engine, "enrol_syncs", rest=timedelta(0), first_after=timedelta(0), batch=1000) < 10
    )
    assert buffers(engine, "unheard_syncs", silence=timedelta(0), batch=1000) < 10
    assert buffers(engine, "reap_syncs") < 10
    account = value(connection, "SELECT id FROM social_accounts LIMIT 1")
    plan = explained(engine, "due_syncs", account=account, batch=100)
    assert "idx_publication_syncs_due" in {node.get("Index Name") for node in plan}
    connection.execute("UPDATE account_syncs SET next_sync_at = now() - interval '1 minute'")
    connection.execute("VACUUM ANALYZE account_syncs")
    assert buffers(engine, "dispatch_syncs", rooms=rooms) < 50 * 20
