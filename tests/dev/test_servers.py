"""The embedded servers start anywhere, keep what they were given, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from dev import postgres, valkey
from dev.children import NotFound, alive
from dev.servers import servers
from tests.waiting import eventually


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder with a space in its name, which everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="a folder ") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def test_both_start_beneath_a_path_with_a_space_and_end_with_the_block(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LANG", "xx_YY.nonsense")
    with servers(root, {}, durable=False) as found:
        with psycopg.connect(found.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with redis.Redis.from_url(found.redis_url) as client:
            assert client.ping()
    assert postgres.find(root) is None
    assert valkey.find(root) is None


def test_data_outlives_a_server_that_is_killed(root: Path):
    server = postgres.start(root, durable=True)
    with psycopg.connect(postgres.url(root, server), autocommit=True) as session:
        session.execute("CREATE TABLE kept (n int)")
        session.execute("INSERT INTO kept VALUES (7)")
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not alive(server.pid, server.child))
    again = postgres.start(root, durable=True)
    with psycopg.connect(postgres.url(root, again)) as session:
        assert session.execute("SELECT n FROM kept").fetchone() == (7,)
    again.stop()


def test_a_server_left_behind_is_ended_before_another_starts_on_its_data(root: Path):
    left = postgres.start(root, durable=False)
    again = postgres.start(root, durable=False)
    assert not alive(left.pid, left.child)
    again.stop()


def test_servers_of_the_environment_replace_ours(root: Path):
    environ = {"DATABASE_URL": "postgresql://mine/db", "REDIS_URL": "redis://mine/1"}
    with servers(root, environ) as found:
        assert (found.database_url, found.redis_url) == tuple(environ.values())
    assert list(root.iterdir()) == []


def test_without_any_program_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(NotFound, match="set DATABASE_URL"):
        postgres._system_binaries()
