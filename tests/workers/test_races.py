"""Two real connections at once: whoever comes first, the answer and what happens agree."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from domain.content import Platform
from tests.make import MadePost, a_post, a_user, an_account, row_of, value
from tests.system import System

ROUNDS = 12


def race(
    system: System, url: str, post: MadePost, act: Callable[[psycopg.Connection], None], lead: float
) -> Exception | None:
    """A worker publishes while another connection acts ``lead`` seconds after it began; what the
    database refused, if it did."""
    dispatches = system.dispatch()
    pause = threading.Event()

    def other() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            pause.wait(lead)
            act(session)

    with ThreadPoolExecutor(2) as pool:
        acting: Future[None] = pool.submit(other)
        pool.submit(system.work, dispatches).result(timeout=30)
        fault = acting.exception(timeout=30)
    assert fault is None or isinstance(fault, psycopg.errors.CheckViolation), fault
    return fault


@pytest.fixture
def post(system: System, connection: psycopg.Connection) -> Callable[[], MadePost]:
    def make() -> MadePost:
        user = a_user(connection)
        account = an_account(connection, user, Platform.TWITTER)
        system.know(account)
        return a_post(connection, user, [account])

    return make


def texts(system: System, post: MadePost) -> list[object]:
    return [found["text"] for found in system.accepted() if str(post.id) in str(found["text"])]


def test_a_cancel_that_is_granted_means_that_nothing_goes_out(
    system: System, connection: psycopg.Connection, database_url: str, post: Callable[[], MadePost]
):
    for n in range(ROUNDS):
        made = post()
        granted: list[bool] = []

        def cancel(session: psycopg.Connection, made=made, granted=granted) -> None:
            query = "SELECT bool_and(cancelled) FROM cancel_post(%s)"
            granted.append(value(session, query, made.id))

        race(system, database_url, made, cancel, n * 0.003)
        status = row_of(connection, "posts", made.id).status
        sent = len(texts(system, made))
        assert (status, sent) == (("cancelled", 0) if granted == [True] else ("published", 1)), n


def test_an_edit_that_is_taken_is_what_goes_out(
    system: System, connection: psycopg.Connection, database_url: str, post: Callable[[], MadePost]
):
    for n in range(ROUNDS):
        made = post()

        def edit(session: psycopg.Connection, made=made) -> None:
            session.execute(
                "UPDATE posts SET content = content || ' edited' WHERE id = %s"
                " AND status = 'publishing'",
                [made.id],
            )

        refused = race(system, database_url, made, edit, n * 0.003)
        system.step()
        row = row_of(connection, "posts", made.id)
        assert texts(system, made) == [row.content], n
        assert row.status == "published"
        assert not (refused and row.content.endswith("edited"))


def test_a_deletion_that_is_granted_means_that_nothing_goes_out(
    system: System, connection: psycopg.Connection, database_url: str, post: Callable[[], MadePost]
):
    for n in range(ROUNDS):
        made = post()

        def delete(session: psycopg.Connection, made=made) -> None:
            session.execute("DELETE FROM posts WHERE id = %s AND status = 'publishing'", [made.id])

        race(system, database_url, made, delete, n * 0.003)
        row = row_of(connection, "posts", made.id)
        assert len(texts(system, made)) == (0 if row is None else 1), n


def test_a_move_that_is_taken_means_that_nothing_goes_out_before(
    system: System, connection: psycopg.Connection, database_url: str, post: Callable[[], MadePost]
):
    for n in range(ROUNDS):
        made = post()

        def move(session: psycopg.Connection, made=made) -> None:
            session.execute(
                "UPDATE posts SET scheduled_at = now() + interval '1 hour'"
                " WHERE id = %s AND status = 'publishing'",
                [made.id],
            )

        race(system, database_url, made, move, n * 0.003)
        row = row_of(connection, "posts", made.id)
        moved = value(connection, "SELECT %s > now() + interval '30 min'", row.scheduled_at)
        assert (len(texts(system, made)), row.status) == (
            (0, "publishing") if moved else (1, "published")
        ), n
