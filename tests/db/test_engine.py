"""The pool is bounded, its waits are short, and it counts what a publication costs."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from db import leases
from db.engine import PREPARE_AFTER, DatabaseUnreachable, Engine, make_engine, transaction
from db.leases import Ask
from dev.chaos.proxy import Mode, Proxy
from domain.content import Platform
from tests.make import a_post, a_user, an_account, value
from tests.system import System


def test_a_process_takes_twenty_connections_and_no_more(engine: Engine):
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(engine.connect())
        with pytest.raises(DatabaseUnreachable):
            engine.connect()


def test_a_server_that_is_away_is_told_within_seconds():
    engine = make_engine("postgresql://nobody@127.0.0.1:1/x", application_name="tests")
    with pytest.raises(DatabaseUnreachable):
        engine.connect()


def test_a_server_that_does_not_answer_is_given_up_and_its_connection_with_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("db.engine.BoundedConnection.patience", 0.3)
    url = make_url(database_url)
    assert url.port is not None
    with closing(Proxy(url.port)) as link:
        through = url.set(port=link.port).render_as_string(hide_password=False)
        engine = make_engine(through, application_name="tests")
        with engine.connect() as session:
            session.execute(text("SELECT 1"))
            link.set_mode(Mode.SWALLOW)
            with pytest.raises(DatabaseUnreachable):
                session.execute(text("SELECT 2"))
        link.set_mode(Mode.PASS)
        with engine.connect() as session:
            assert session.execute(text("SELECT 3")).scalar_one() == 3
        engine.dispose()


def test_each_statement_commits_by_itself_and_a_transaction_as_a_whole(
    engine: Engine, connection: psycopg.Connection
):
    insert = "INSERT INTO users (name, email, password) VALUES ('a', :email, '$x')"
    with engine.connect() as session:
        session.execute(text(insert), {"email": "a@b"})
        assert value(connection, "SELECT count(*) FROM users") == 1
    with pytest.raises(DBAPIError), transaction(engine) as session:
        session.execute(text(f"{insert}, ('b', :email, 'plain')"), {"email": "c@d"})
    assert value(connection, "SELECT count(*) FROM users") == 1


def test_connections_carry_their_limits(engine: Engine):
    with engine.connect() as session:
        limits = [
            session.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("idle_session_timeout", "statement_timeout", "lock_timeout")
        ]
    assert limits == ["30s", "10s", "4s"]


def prepared(engine: Engine) -> int:
    """How many statements the server keeps prepared after one was executed often."""
    with engine.connect() as session:
        for _ in range(PREPARE_AFTER + 1):
            session.execute(text("SELECT 1"))
        return int(
            session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
        )


def test_what_is_executed_often_is_prepared_on_the_server_itself(engine: Engine):
    assert prepared(engine) > 0


def test_behind_a_pooler_nothing_is_prepared(database_url: str):
    with a_pooler(database_url) as url:
        engine = make_engine(url, application_name="tests")
        assert prepared(engine) == 0
        engine.dispose()


@contextmanager
def a_pooler(database_url: str):
    """Passes one connection on and, as a pooler does, gives it a process id of its own."""
    server = urlsplit(database_url)
    key = re.compile(rb"(?<=K\0\0\0\x0c)....", re.DOTALL)
    own_id = partial(key.sub, lambda _: b"\0\0\0\x01")

    def pipe(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(own_id(data))
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with (
            client,
            socket.create_connection((server.hostname or "", server.port or 0)) as upstream,
        ):
            back = threading.Thread(target=pipe, args=(upstream, client))
            back.start()
            pipe(client, upstream)
            back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield urlunsplit(
            server._replace(netloc=f"{server.username}@127.0.0.1:{listener.getsockname()[1]}")
        )
        thread.join(10)


@pytest.mark.parametrize("platform", [Platform.TWITTER, Platform.THREADS])
def test_a_publication_costs_three_statements_and_three_commits(
    platform: Platform, system: System, engine: Engine, connection: psycopg.Connection
):
    user = a_user(connection)
    account = an_account(connection, user, platform)
    system.know(account)
    a_post(connection, user, [account])
    dispatches = system.dispatch()
    commits: list[bool] = []

    def note(session: Connection, *_: object) -> None:
        driver = session.connection.driver_connection
        assert driver is not None
        commits.append(driver.autocommit)

    event.listen(engine, "after_cursor_execute", note)
    system.work(dispatches)
    assert commits == [True, True, True]
    assert len(system.accepted()) == 1


@pytest.mark.parametrize("by_key", [True, False])
def test_statements_that_find_rows_by_key_are_planned_once(by_key: bool, database_url: str):
    engine = make_engine(database_url, application_name="tests", by_key=by_key)
    with engine.connect() as session:
        for _ in range(PREPARE_AFTER + 20):
            leases.take_all(session, [Ask(uuid4(), 1, uuid4())])
        (planned_anew,) = session.execute(
            text(
                "SELECT custom_plans > 0 FROM pg_prepared_statements WHERE statement LIKE '%free%'"
            )
        ).scalars()
    engine.dispose()
    assert planned_anew is not by_key


def end_backends(connection: psycopg.Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_has_rested_is_looked_over_and_replaced(
    engine: Engine, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("db.engine.LOOK_AFTER_SECONDS", 0.0)
    with engine.connect() as session:
        session.execute(text("SELECT 1"))
    end_backends(connection)
    with engine.connect() as session:
        assert session.execute(text("SELECT 2")).scalar_one() == 2


def test_one_that_was_used_just_now_fails_once_and_then_all_are_replaced(
    engine: Engine, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("db.engine.LOOK_AFTER_SECONDS", 60.0)
    with engine.connect() as one, engine.connect() as other:
        one.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))
    end_backends(connection)
    with engine.connect() as session, pytest.raises(DatabaseUnreachable):
        session.execute(text("SELECT 2"))
    for _ in range(2):
        with engine.connect() as session:
            assert session.execute(text("SELECT 3")).scalar_one() == 3
