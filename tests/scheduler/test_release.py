"""What is due is released and dispatched: all of it, once, in order, and fairly."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from db import dispatching
from db.dispatching import NOWHERE
from db.engine import Engine, transaction
from domain.content import Platform
from runtime import clock
from runtime.broker import DoorbellBroker
from scheduler.dispatch import Dispatcher
from tests.make import MadePost, a_post, a_user, an_account, row_of, value
from tests.system import EVERYWHERE, LATE_WINDOW


def release(engine: Engine, low_water=None, rooms=NOWHERE) -> dispatching.Released:
    with engine.connect() as session:
        return dispatching.release(
            session, batch=500, low_water=low_water, late_window=LATE_WINDOW, rooms=rooms
        )


def dispatch(engine: Engine, rooms=EVERYWHERE):
    with engine.connect() as session:
        return dispatching.dispatch(session, rooms)


def withdraw(connection: psycopg.Connection, post: MadePost) -> None:
    connection.execute(
        "UPDATE post_publications SET status = 'cancelled', dispatched_at = NULL WHERE id = %s",
        [post.only],
    )


def test_only_what_is_due_is_released(engine: Engine, connection: psycopg.Connection):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    due = a_post(connection, user, [account])
    later = a_post(connection, user, [account], due_in=timedelta(minutes=1))
    draft = a_post(connection, user, [account], status="draft")
    assert release(engine).posts == 1
    assert row_of(connection, "posts", due.id).status == "publishing"
    assert row_of(connection, "post_publications", due.only).next_attempt_at is not None
    assert row_of(connection, "posts", later.id).status == "scheduled"
    assert row_of(connection, "posts", draft.id).status == "draft"


@pytest.mark.parametrize("ahead", [timedelta(hours=1), -timedelta(hours=1)])
def test_a_scheduler_whose_clock_is_wrong_sends_neither_early_nor_late(
    ahead: timedelta,
    engine: Engine,
    broker: DoorbellBroker,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
):
    user = a_user(connection)
    accounts = [
        an_account(connection, user, platform) for platform in (Platform.TWITTER, Platform.THREADS)
    ]
    due = a_post(connection, user, accounts[:1])
    later = a_post(connection, user, accounts[1:], due_in=timedelta(minutes=1))
    elsewhere = clock.now() + ahead
    monkeypatch.setattr("runtime.clock.now", lambda: elsewhere)
    monkeypatch.setattr("runtime.clock.monotonic", ahead.total_seconds)
    assert Dispatcher(engine, broker, LATE_WINDOW).run_once(0.0).dispatched == 1
    assert row_of(connection, "posts", due.id).status == "publishing"
    assert row_of(connection, "posts", later.id).status == "scheduled"


def test_a_publication_may_have_a_later_time_of_its_own(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    post = a_post(connection, user, [account])
    connection.execute("UPDATE post_publications SET scheduled_for = now() + interval '1 hour'")
    release(engine)
    assert dispatch(engine) == []
    found = row_of(connection, "post_publications", post.only)
    assert found.next_attempt_at == found.scheduled_for


def test_a_post_without_a_target_fails_and_says_what_is_missing(
    engine: Engine, connection: psycopg.Connection
):
    post = a_post(connection, a_user(connection), [])
    release(engine)
    found = row_of(connection, "posts", post.id)
    assert found.status == "failed"
    assert found.failed_at is not None
    assert "post_publications" in found.error_message
    connection.execute("UPDATE posts SET status = 'scheduled' WHERE id = %s", [post.id])
    assert row_of(connection, "posts", post.id).status == "scheduled"


def test_the_low_water_bound_leaves_older_posts_to_the_sweep(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    a_post(connection, user, [account], due_in=timedelta(minutes=-10))
    bound = value(connection, "SELECT now() - interval '1 minute'")
    assert release(engine, low_water=bound).posts == 0
    assert release(engine).posts == 1


def test_what_is_due_is_dispatched_as_it_is_released(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    accounts = [
        an_account(connection, user, platform) for platform in (Platform.TWITTER, Platform.THREADS)
    ]
    post = a_post(connection, user, accounts)
    done = release(engine, rooms=EVERYWHERE)
    assert {(one.publication_id, one.number, one.platform) for one in done.dispatches} == {
        (publication, 1, platform) for platform, publication in post.publications.items()
    }
    for publication in post.publications.values():
        found = row_of(connection, "post_publications", publication)
        assert (found.status, found.dispatch_number) == ("publishing", 1)
        assert found.dispatched_at is not None
        assert found.next_attempt_at is None
    assert dispatch(engine) == []


@pytest.mark.parametrize(
    "hindrance",
    [
        "UPDATE post_publications SET scheduled_for = now() + interval '1 hour'",
        "UPDATE social_accounts SET paused_until = now() + interval '1 hour'",
        "UPDATE social_accounts SET status = 'expired'",
        "INSERT INTO platform_pauses VALUES ('twitter', now() + interval '1 hour', 'its limit')",
        (
            "INSERT INTO platform_pauses (platform, paused_until, reason, opened_at)"
            " VALUES ('twitter', now(), 'it is out', now())"
        ),
        "UPDATE posts SET scheduled_at = now() - interval '6 minutes'",
        "UPDATE posts SET late_policy = 'ask', late_window = interval '0'",
    ],
)
def test_what_cannot_go_as_it_is_released_waits(
    hindrance: str, engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    post = a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    connection.execute(hindrance.encode())
    done = release(engine, rooms=EVERYWHERE)
    assert (done.publications, done.dispatches) == (1, [])
    assert row_of(connection, "post_publications", post.only).next_attempt_at is not None


def test_no_more_goes_as_it_is_released_than_there_is_room_for(
    engine: Engine, connection: psycopg.Connection
):
    posts = []
    for seconds in (3, 1, 2):
        user = a_user(connection)
        account = an_account(connection, user, Platform.TWITTER)
        posts.append(a_post(connection, user, [account], due_in=timedelta(seconds=-seconds)))
    done = release(engine, rooms={Platform.TWITTER: 2, Platform.THREADS: 5})
    assert [one.publication_id for one in done.dispatches] == [posts[0].only, posts[2].only]
    assert [one.publication_id for one in dispatch(engine)] == [posts[1].only]


def test_nothing_overtakes_what_its_account_has_under_way_or_waiting(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    first, second = (
        a_post(connection, user, [account], due_in=timedelta(seconds=-ago)) for ago in (9, 8)
    )
    (going,) = release(engine, rooms=EVERYWHERE).dispatches
    assert going.publication_id == first.only
    a_post(connection, user, [account], due_in=timedelta(seconds=-7))
    assert release(engine, rooms=EVERYWHERE).dispatches == []
    withdraw(connection, first)
    a_post(connection, user, [account], due_in=timedelta(seconds=-6))
    assert release(engine, rooms=EVERYWHERE).dispatches == []
    (going,) = dispatch(engine)
    assert going.publication_id == second.only


def test_schedulers_that_have_posts_of_one_account_do_not_wait_for_one_another(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    a_post(connection, user, [account])
    with transaction(engine) as slow:
        theirs = dispatching.release(
            slow, batch=500, low_water=None, late_window=LATE_WINDOW, rooms=EVERYWHERE
        )
        later = a_post(connection, user, [account])
        mine = release(engine, rooms=EVERYWHERE)
    assert (len(theirs.dispatches), mine.publications, mine.dispatches) == (1, 1, [])
    assert row_of(connection, "post_publications", later.only).next_attempt_at is not None


def test_one_publication_of_an_account_is_in_flight_and_the_oldest_goes_first(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    second = a_post(connection, user, [account], due_in=timedelta(seconds=-1))
    first = a_post(connection, user, [account], due_in=timedelta(seconds=-2))
    release(engine)
    (going,) = dispatch(engine)
    assert going.publication_id == first.only
    assert dispatch(engine) == []
    withdraw(connection, first)
    (going,) = dispatch(engine)
    assert going.publication_id == second.only


def test_the_database_refuses_a_second_publication_in_flight_for_an_account(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, Platform.TWITTER)
    for _ in range(2):
        a_post(connection, user, [account])
    release(engine)
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "UPDATE post_publications SET dispatched_at = now(), next_attempt_at = NULL"
        )


def test_a_tenant_with_a_long_backlog_does_not_hold_up_the_others(
    engine: Engine, connection: psycopg.Connection
):
    greedy, modest = a_user(connection), a_user(connection)
    busy = an_account(connection, greedy, Platform.TWITTER)
    for _ in range(50):
        a_post(connection, greedy, [busy], due_in=timedelta(seconds=-60))
    other = an_account(connection, modest, Platform.TWITTER)
    wanted = a_post(connection, modest, [other])
    release(engine)
    assert wanted.only in {going.publication_id for going in dispatch(engine)}


def test_a_user_who_fills_whole_batches_does_not_hold_up_the_release_of_others(
    engine: Engine, broker: DoorbellBroker, connection: psycopg.Connection
):
    greedy, modest = a_user(connection), a_user(connection)
    busy = an_account(connection, greedy, Platform.TWITTER)
    connection.execute(
        "WITH many AS (INSERT INTO posts (user_id, status, scheduled_at)"
        " SELECT %s, 'scheduled', now() - interval '1 second' FROM generate_series(1, 5000)"
        " RETURNING id)"
        " INSERT INTO post_publications (post_id, social_account_id) SELECT id, %s FROM many",
        [greedy, busy.id],
    )
    wanted = a_post(connection, modest, [an_account(connection, modest, Platform.TWITTER)])
    dispatcher = Dispatcher(engine, broker, LATE_WINDOW)
    done = dispatcher.run_once(0.0)
    assert (done.released, done.dispatched, done.sleep) == (501, 2, 0.0)
    assert row_of(connection, "post_publications", wanted.only).dispatched_at is not None
    while dispatcher.run_once(1.0).released:
        pass
    assert value(connection, "SELECT count(*) FROM posts WHERE status = 'scheduled'") == 0


def test_no_more_is_dispatched_than_the_queues_have_room_for(
    engine: Engine, connection: psycopg.Connection
):
    for _ in range(3):
        user = a_user(connection)
        accounts = [an_account(connection, user, p) for p in (Platform.TWITTER, Platform.THREADS)]
        a_post(connection, user, accounts)
    release(engine)
    going = dispatch(engine, {**EVERYWHERE, Platform.TWITTER: 2, Platform.THREADS: 0})
    assert [found.platform for found in going] == [Platform.TWITTER] * 2


def test_a_paused_account_or_platform_is_left_alone(engine: Engine, connection: psycopg.Connection):
    user = a_user(connection)
    accounts = [
        an_account(connection, user, Platform.TWITTER),
        an_account(connection, user, Platform.THREADS),
        an_account(connection, user, Platform.LINKEDIN),
    ]
    a_post(connection, user, accounts)
    release(engine)
    connection.execute(
        "UPDATE social_accounts SET paused_until = now() + interval '1 minute' WHERE id = %s",
        [accounts[0].id],
    )
    connection.execute(
        "INSERT INTO platform_pauses VALUES ('threads', now() + interval '1 minute', 'outage')"
    )
    assert [going.platform for going in dispatch(engine)] == [Platform.LINKEDIN]


def test_each_dispatch_has_a_number_of_its_own_and_voids_the_one_before(
    engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    a_post(connection, user, [an_account(connection, user, Platform.TWITTER)])
    release(engine)
    (first,) = dispatch(engine)
    with engine.connect() as session:
        assert dispatching.recall(session, [first]) == 1
        assert dispatching.recall(session, [first]) == 0
    (second,) = dispatch(engine)
    assert second.number == first.number + 1
    assert second.message_id != first.message_id
    with engine.connect() as session:
        assert dispatching.recall(session, [first]) == 0


def test_schedulers_that_race_share_the_work_and_repeat_none(
    engine: Engine, connection: psycopg.Connection
):
    connection.execute(
        "INSERT INTO users (name, email, password) SELECT 'T', n || '@e', '$x'"
        " FROM generate_series(1, 200) n"
    )
    connection.execute(
        "INSERT INTO social_accounts (user_id, platform, platform_user_id, username)"
        " SELECT id, 'twitter', email, 't' FROM users"
    )
    connection.execute(
        "INSERT INTO posts (user_id, content, status, scheduled_at)"
        " SELECT id, email, 'scheduled', now() FROM users"
    )
    connection.execute(
        "INSERT INTO post_publications (post_id, social_account_id)"
        " SELECT p.id, a.id FROM posts p JOIN social_accounts a USING (user_id)"
    )
    with engine.connect() as one, engine.connect() as other:
        slow, quick = one.execution_options(isolation_level="READ COMMITTED"), other
        with slow.begin():
            mine = dispatching.release(slow, batch=50, low_water=None, late_window=LATE_WINDOW)
            theirs = dispatching.release(quick, batch=500, low_water=None, late_window=LATE_WINDOW)
    assert (mine.posts, theirs.posts) == (50, 150)
    assert len(dispatch(engine, dict.fromkeys(Platform, 1000))) == 200
