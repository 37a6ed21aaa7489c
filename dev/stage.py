"""The processes of a running system on this machine: scheduler, workers, and where they look."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

from dev.children import die_with_parent
from domain.content import Platform

ROOT: Final = Path(__file__).resolve().parent.parent
STOP_WITHIN: Final = 15.0
DRAMATIQ: Final = str(Path(sys.executable).with_name("dramatiq-gevent"))


def environment(
    database_url: str, redis_url: str, sandbox_url: str, token_keys: str
) -> dict[str, str]:
    """The settings of every process, with all six platforms at the sandbox."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "TOKEN_KEYS": token_keys,
        "MEDIA_ALLOW_PRIVATE": "1",
        "PYTHONUNBUFFERED": "1",
        **{f"{platform.upper()}_URL": f"{sandbox_url}/{platform}" for platform in Platform},
        "INSTAGRAM_FACEBOOK_URL": f"{sandbox_url}/instagram",
        **{f"{platform.upper()}_CLIENT_ID": "demo" for platform in Platform},
        **{f"{platform.upper()}_CLIENT_SECRET": "demo" for platform in Platform},
    }


def scheduler_command() -> list[str]:
    return [sys.executable, "-m", "scheduler"]


def publisher_command(*, processes: int, threads: int) -> list[str]:
    return [
        *(DRAMATIQ, "workers.app", "--skip-logging"),
        *("--processes", str(processes), "--threads", str(threads)),
    ]


def analytics_command(*, processes: int, threads: int) -> list[str]:
    return [
        *("nice", "-n", "10", DRAMATIQ, "workers.analytics", "--skip-logging"),
        *("--processes", str(processes), "--threads", str(threads)),
    ]


@contextmanager
def running(
    commands: Mapping[str, Sequence[str]], environ: Mapping[str, str], logs: Path
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start each command, its output in ``logs/<name>.log``; stop all of them in the end."""
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        processes: dict[str, subprocess.Popen[bytes]] = {}
        stack.callback(_stop, processes)
        for name, command in commands.items():
            file = stack.enter_context((logs / f"{name}.log").open("wb"))
            processes[name] = start(command, environ, file)
        yield processes


def start(
    command: Sequence[str], environ: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """One process group from the repository's root, both its outputs in ``output``."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  it runs no Python threads
    )


def _stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
