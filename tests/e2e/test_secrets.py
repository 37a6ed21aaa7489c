"""A planted token goes through every failure of every platform, and is nowhere to be read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from dev import stage
from domain.content import Platform
from tests.make import KEYRING, TOKEN_KEYS, MadeAccount, value
from tests.system import System
from tests.waiting import eventually
from tests.workers.test_publish import simplest
from workers.process import make_upkeep

PLANTED = "planted-4f1c9b7e2a"
FAULTS: tuple[dict[str, object], ...] = (
    {"action": "throttle"},
    {"action": "error", "times": 3, "status": 503},
    {"action": "forbid"},
    {"action": "reject"},
    {"action": "expire_token"},
    {"action": "revoke_token"},
    {"action": "drop_before", "times": 3},
    {"action": "drop_after"},
    {"action": "respond", "status": 200, "body": "<html>"},
    {"action": "respond", "status": 400},
    {"action": "respond", "status": 401},
    {"action": "respond", "status": 403},
)


def plant(
    system: System, connection: psycopg.Connection, platform: Platform
) -> tuple[MadeAccount, str]:
    """An account whose tokens both say so, and a post that waits for it."""
    made, post = simplest(system, connection, platform)
    account = MadeAccount(made.id, platform, made.platform_user_id, f"{PLANTED}-{made.id.hex}")
    for column, text in (("access_token", account.token), ("refresh_token", f"{PLANTED}-r")):
        sealed = KEYRING.seal(text, row=account.id, column=column)
        connection.execute(
            f"UPDATE social_accounts SET {column} = %s WHERE id = %s", [sealed, account.id]
        )
    system.know_entry({**account.sandbox_entry, "refresh_token": f"{PLANTED}-r"})
    return account, str(post.only)


def echo(token: str) -> dict[str, object]:
    """A refusal that repeats the token, in the words of every platform."""
    words = f"{token} is no good"
    error = {"code": 100, "message": words, "error_user_msg": words, "log_id": "L1"}
    return {"error": error, "message": words, "detail": words, "error_description": words}


def everything_stored(connection: psycopg.Connection) -> str:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace"
    )
    rows = [connection.execute(f"SELECT t::text FROM {name} t") for (name,) in tables]
    return "\n".join(str(row) for found in rows for row in found)


@pytest.mark.parametrize("platform", Platform)
def test_no_failure_of_a_platform_writes_the_token_into_a_row_or_a_log(
    platform: Platform,
    system: System,
    connection: psycopg.Connection,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    upkeep = make_upkeep(system.engine, system.publisher.tokens)
    for wanted in FAULTS:
        account, _ = plant(system, connection, platform)
        fault = {"body": echo(account.token), **wanted}
        system.break_with(platform=platform, account=account.platform_user_id, **fault)
        system.step()
        connection.execute("UPDATE social_accounts SET token_expires_at = now()")
        system.break_with(platform=platform, step="refresh", **fault)
        upkeep.look_after(account.id)
        system.mend()
    assert value(connection, "SELECT count(*) FROM publication_attempts") >= len(FAULTS)
    told = everything_stored(connection) + "".join(capfd.readouterr())
    ours = [
        r.getMessage() for r in caplog.records if r.name.split(".")[0] not in ("httpx", "httpcore")
    ]
    assert PLANTED not in told + "".join(ours)


def test_the_processes_themselves_show_the_token_nowhere(
    system: System,
    connection: psycopg.Connection,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
):
    environ = stage.environment(database_url, redis_url, system.sandbox_url, TOKEN_KEYS)
    environ["LOG_LEVEL"] = "DEBUG"
    for platform in Platform:
        for action in ("expire_token", "revoke_token", "reject"):
            account, _ = plant(system, connection, platform)
            system.break_with(platform=platform, account=account.platform_user_id, action=action)
    commands = {
        "scheduler": stage.scheduler_command(),
        "publisher": stage.publisher_command(processes=1, threads=4),
    }
    tried = "SELECT count(DISTINCT post_publication_id) FROM publication_attempts"
    with ExitStack() as stack:
        client = stack.enter_context(redis.Redis.from_url(redis_url))
        processes = stack.enter_context(stage.running(commands, environ, tmp_path))
        eventually(lambda: value(connection, tried) == 3 * len(Platform), within=60)
        for process in processes.values():
            proc = Path(f"/proc/{process.pid}")
            assert PLANTED.encode() not in (proc / "cmdline").read_bytes()
            assert PLANTED.encode() not in (proc / "environ").read_bytes()
        messages = [client.dump(key) or b"" for key in client.keys("*")]
    assert messages
    assert not any(PLANTED.encode() in message for message in messages)
    logs = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "publish.outcome" in logs
    assert PLANTED not in logs + everything_stored(connection)
