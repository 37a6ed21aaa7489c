"""Cancel, edit, move, delete: honoured in every state until the publishing call is announced, and
refused as too late from then on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest

from db import dispatching, leases
from db.leases import Held
from domain.content import Platform
from domain.messages import Dispatch
from tests.make import MadePost, a_post, a_user, an_account, row_of, value
from tests.system import LATE_WINDOW, System

BEFORE = ("scheduled", "waiting", "queued", "leased")
AFTER = ("announced", "in doubt")


@dataclass
class Stage:
    """A post brought into a state: its messages are on their way, or a worker holds it."""

    state: str
    post: MadePost
    account: UUID
    user: UUID
    dispatches: Sequence[Dispatch] = ()
    held: Held | None = None


def bring(system: System, session: psycopg.Connection, state: str) -> Stage:
    user = a_user(session)
    account = an_account(session, user, Platform.TWITTER)
    system.know(account)
    stage = Stage(state, a_post(session, user, [account]), account.id, user)
    if state != "scheduled":
        with system.engine.connect() as connection:
            dispatching.release(connection, batch=10, low_water=None, late_window=LATE_WINDOW)
    if state not in ("scheduled", "waiting"):
        stage.dispatches = system.dispatch()
    if state in ("leased", *AFTER):
        (dispatch,) = stage.dispatches
        stage.held = system.take(dispatch)
    if state in AFTER and stage.held is not None:
        system.announce(stage.held)
    if state == "in doubt":
        lose(system, session, stage)
    return stage


def lose(system: System, session: psycopg.Connection, stage: Stage) -> None:
    """The worker that holds it is gone."""
    session.execute(
        "UPDATE post_publications SET lease_until = now() - interval '1 second'"
        " WHERE id = %s AND lease_token IS NOT NULL",
        [stage.post.only],
    )
    system.reap()


def may_send(system: System, stage: Stage) -> bool:
    """Go on from there; whether it was sent, or the worker that holds it may send it."""
    if stage.held is None:
        system.work(stage.dispatches)
        system.step()
        return bool(texts(system, stage))
    try:
        system.announce(stage.held)
    except leases.LeaseLost:
        return False
    return True


def texts(system: System, stage: Stage) -> list[str]:
    found = [str(post["text"]) for post in system.accepted()]
    return [text for text in found if str(stage.post.id) in text]


def test_cancelling_before_the_announcement_means_that_nothing_is_sent(
    system: System, connection: psycopg.Connection
):
    for state in BEFORE:
        stage = bring(system, connection, state)
        query = "SELECT bool_and(cancelled) FROM cancel_post(%s)"
        assert value(connection, query, stage.post.id), state
        assert not may_send(system, stage), state
        assert row_of(connection, "posts", stage.post.id).status == "cancelled", state


def test_cancelling_after_it_is_answered_with_too_late(
    system: System, connection: psycopg.Connection
):
    for state in AFTER:
        stage = bring(system, connection, state)
        query = "SELECT bool_or(cancelled) FROM cancel_post(%s)"
        assert not value(connection, query, stage.post.id), state
        assert row_of(connection, "posts", stage.post.id).status == "publishing", state


def test_an_edit_before_the_announcement_is_what_goes_out(
    system: System, connection: psycopg.Connection
):
    for state in BEFORE:
        stage = bring(system, connection, state)
        connection.execute(
            "UPDATE posts SET content = content || ' better' WHERE id = %s", [stage.post.id]
        )
        if stage.held is not None:
            assert not may_send(system, stage), state
            lose(system, connection, stage)
            stage.held = None
        assert may_send(system, stage), state
        assert [text.endswith("better") for text in texts(system, stage)] == [True], state


def test_a_post_moved_to_a_later_time_does_not_go_out_before_it(
    system: System, connection: psycopg.Connection
):
    move = "UPDATE posts SET scheduled_at = now() + %s::interval WHERE id = %s"
    for state in BEFORE:
        stage = bring(system, connection, state)
        connection.execute(move, ["1 hour", stage.post.id])
        assert not may_send(system, stage), state
        stage.held = None
        connection.execute(move, ["-1 second", stage.post.id])
        assert may_send(system, stage), state
        found = row_of(connection, "post_publications", stage.post.only)
        assert (found.status, found.retry_count) == ("published", 0), state


def test_an_edit_or_a_move_after_the_announcement_is_refused(
    system: System, connection: psycopg.Connection
):
    for state in AFTER:
        stage = bring(system, connection, state)
        for change in ("content = 'never'", "scheduled_at = now() + interval '1 hour'"):
            with pytest.raises(psycopg.errors.CheckViolation, match="too late"):
                connection.execute(
                    f"UPDATE posts SET {change} WHERE id = %s".encode(), [stage.post.id]
                )


def remove_post(session: psycopg.Connection, stage: Stage) -> None:
    session.execute("DELETE FROM posts WHERE id = %s", [stage.post.id])


def remove_account(session: psycopg.Connection, stage: Stage) -> None:
    session.execute("DELETE FROM social_accounts WHERE id = %s", [stage.account])


def remove_user(session: psycopg.Connection, stage: Stage) -> None:
    session.execute("DELETE FROM users WHERE id = %s", [stage.user])


Removal = Callable[[psycopg.Connection, Stage], None]


@pytest.mark.parametrize("remove", [remove_post, remove_account, remove_user])
def test_what_is_deleted_before_the_announcement_is_not_sent_and_after_it_is_kept(
    remove: Removal, system: System, connection: psycopg.Connection
):
    for state in BEFORE:
        stage = bring(system, connection, state)
        remove(connection, stage)
        assert not may_send(system, stage), state
    for state in AFTER:
        stage = bring(system, connection, state)
        with pytest.raises(psycopg.errors.CheckViolation, match="its publishing call is out"):
            remove(connection, stage)
        lose(system, connection, stage)
        connection.execute("SELECT settle_publication(%s, 'twitter', '77')", [stage.post.id])
        remove(connection, stage)
        assert row_of(connection, "post_publications", stage.post.only) is None, state


def test_a_post_withdrawn_and_scheduled_anew_goes_at_its_new_time(
    system: System, connection: psycopg.Connection
):
    stage = bring(system, connection, "queued")
    connection.execute("SELECT cancel_post(%s)", [stage.post.id])
    connection.execute(
        "UPDATE posts SET status = 'scheduled', scheduled_at = now() - interval '3 hours'"
    )
    connection.execute("UPDATE post_publications SET status = 'scheduled'")
    assert may_send(system, stage)
    found = row_of(connection, "post_publications", stage.post.only)
    assert found.scheduled_for == row_of(connection, "posts", stage.post.id).scheduled_at
