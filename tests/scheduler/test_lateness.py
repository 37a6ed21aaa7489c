"""What is late goes as its owner wants, and never all at once; what is on time does not wait."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from db import dispatching
from db.engine import Engine
from domain.content import Platform
from domain.messages import Dispatch
from tests.make import MadeAccount, MadePost, a_post, a_user, an_account, row_of, value
from tests.system import EVERYWHERE, LATE_WINDOW, System

HOUR = timedelta(hours=1)
SPACING = timedelta(minutes=2)


def an_account_on_x(session: psycopg.Connection, **columns) -> MadeAccount:
    return an_account(session, a_user(session), Platform.TWITTER, **columns)


def an_overdue_post(
    session: psycopg.Connection, account: MadeAccount, by: timedelta = HOUR, **columns
) -> MadePost:
    """Written a day ago, as everything is that waits for its time."""
    user = row_of(session, "social_accounts", account.id).user_id
    made = a_post(session, user, [account], due_in=-by, **columns)
    session.execute("ALTER TABLE posts DISABLE TRIGGER USER")
    session.execute("UPDATE posts SET updated_at = now() - interval '1 day'")
    session.execute("ALTER TABLE posts ENABLE TRIGGER USER")
    return made


def go(engine: Engine) -> list[Dispatch]:
    with engine.connect() as session:
        dispatching.release(session, batch=500, low_water=None, late_window=LATE_WINDOW)
        return dispatching.dispatch(session, EVERYWHERE, spacing=SPACING)


def has_gone(session: psycopg.Connection, post: MadePost, ago: timedelta = timedelta(0)) -> None:
    """As a worker records it."""
    session.execute(
        "UPDATE post_publications SET status = 'published', published_at = now(),"
        " platform_post_id = id::text, dispatched_at = NULL WHERE id = %s",
        [post.only],
    )
    session.execute("UPDATE social_accounts SET last_posted_at = now() - %s", [ago])


def test_within_its_window_a_late_post_goes(engine: Engine, connection: psycopg.Connection):
    post = an_overdue_post(connection, an_account_on_x(connection))
    (going,) = go(engine)
    assert going.publication_id == post.only


def test_after_its_window_it_is_skipped_asked_about_or_published_as_its_owner_chose(
    system: System, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    system.know(account)
    skipped = an_overdue_post(connection, account, 3 * HOUR, late_window=2 * HOUR)
    asked = an_overdue_post(connection, account, 2 * HOUR, late_window=HOUR, late_policy="ask")
    sent = an_overdue_post(connection, account, 7 * HOUR, late_policy="publish")
    while system.step():
        connection.execute("UPDATE social_accounts SET last_posted_at = NULL")
    found = row_of(connection, "post_publications", skipped.only)
    assert (found.status, found.failure_kind) == ("failed", "too_late")
    found = row_of(connection, "post_publications", asked.only)
    assert (found.status, found.failed_at) == ("publishing", None)
    assert found.asked_at is not None
    assert row_of(connection, "post_publications", sent.only).status == "published"
    assert len(system.accepted()) == 1


@pytest.mark.parametrize(
    ("answer", "status"), [("retry_post", "published"), ("cancel_post", "cancelled")]
)
def test_a_person_answers_whether_a_late_post_still_goes(
    answer: str, status: str, system: System, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    system.know(account)
    post = an_overdue_post(connection, account, 7 * HOUR, late_policy="ask")
    assert system.step() == 0
    connection.execute(f"SELECT {answer}(%s)".encode(), [post.id])
    system.step()
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.asked_at, found.retry_count) == (status, None, 0)
    assert row_of(connection, "posts", post.id).status == status


def test_what_was_held_up_beyond_its_window_is_asked_about_as_well(
    system: System, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    post = an_overdue_post(connection, account, timedelta(0), late_policy="ask")
    dispatches = system.dispatch()
    connection.execute("UPDATE post_publications SET give_up_at = now() - interval '1 second'")
    system.work(dispatches)
    found = row_of(connection, "post_publications", post.only)
    assert (found.status, found.failed_at, found.lease_token) == ("publishing", None, None)
    assert found.asked_at is not None
    assert row_of(connection, "posts", post.id).status == "publishing"


def test_eleven_overdue_posts_of_an_account_go_minutes_apart_and_in_order(
    engine: Engine, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    posts = [
        an_overdue_post(connection, account, HOUR + timedelta(minutes=11 - n)) for n in range(11)
    ]
    (first,) = go(engine)
    assert first.publication_id == posts[0].only
    has_gone(connection, posts[0])
    assert go(engine) == []
    times = [
        row_of(connection, "post_publications", post.only).next_attempt_at for post in posts[1:]
    ]
    posted = row_of(connection, "social_accounts", account.id).last_posted_at
    assert times == [posted + SPACING * place for place in range(1, 11)]


def test_a_post_that_is_on_time_does_not_wait_behind_overdue_ones(
    engine: Engine, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    overdue = [an_overdue_post(connection, account) for _ in range(3)]
    go(engine)
    has_gone(connection, overdue[0])
    user = row_of(connection, "social_accounts", account.id).user_id
    prompt = a_post(connection, user, [account])
    go(engine)
    (going,) = go(engine)
    assert going.publication_id == prompt.only


def test_an_account_that_has_not_posted_lately_sends_its_overdue_post_at_once(
    engine: Engine, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    first = an_overdue_post(connection, account, 2 * HOUR)
    go(engine)
    has_gone(connection, first, ago=timedelta(minutes=3))
    second = an_overdue_post(connection, account)
    (going,) = go(engine)
    assert going.publication_id == second.only


def test_posts_held_up_by_a_pause_are_drained_apart_as_well(
    engine: Engine, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    user = row_of(connection, "social_accounts", account.id).user_id
    for _ in range(3):
        a_post(connection, user, [account])
    connection.execute("UPDATE social_accounts SET paused_until = now() + interval '1 hour'")
    assert go(engine) == []
    connection.execute(
        "UPDATE post_publications SET next_attempt_at = now() - interval '1 hour';"
        " UPDATE social_accounts SET paused_until = NULL, last_posted_at = now()"
    )
    assert go(engine) == []
    ahead = "SELECT count(*) FROM post_publications WHERE next_attempt_at > now()"
    assert value(connection, ahead) == 3


def test_a_question_about_an_open_outcome_is_not_held_back_by_the_spacing(
    engine: Engine, connection: psycopg.Connection
):
    account = an_account_on_x(connection)
    post = an_overdue_post(connection, account)
    go(engine)
    connection.execute(
        "UPDATE post_publications SET dispatched_at = NULL, intent_at = now(),"
        " next_attempt_at = now() - interval '1 hour';"
        " UPDATE social_accounts SET last_posted_at = now()"
    )
    (going,) = go(engine)
    assert going.publication_id == post.only
