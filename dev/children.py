"""Starting and ending server processes: on a free port, not as root, never orphaned."""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PR_SET_PDEATHSIG: Final = 1
STOP_WITHIN: Final = 10.0


class NotFound(Exception):
    """There is no program to start; the message says where it was looked for."""


class NotStarted(Exception):
    """The server did not come up; the message says why, or ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. ``stop_signal`` ends it in good order."""

    pid: int
    port: int
    stop_signal: signal.Signals
    child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End it, the hard way when it does not listen. At most 30 seconds."""
        for number in (self.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if not alive(self.pid, self.child):
                return
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            wait_until(lambda: not alive(self.pid, self.child), STOP_WITHIN)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not alive(self.pid, self.child), STOP_WITHIN)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(pid: int, child: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether the process still runs; a child of ours is also collected."""
    if child is not None:
        return child.poll() is None
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return _runs(pid)


def _runs(pid: int) -> bool:
    """An ended process that its new parent does not collect does not run."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return state != "Z"


def wait_until(condition: Callable[[], bool], within: float) -> bool:
    """Whether ``condition`` came true in time (seconds)."""
    pause = threading.Event()
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        pause.wait(0.02)
    return True


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    stay: bool,
    identity: Mapping[str, Any],
) -> subprocess.Popen[bytes]:
    """Start a server. Unless it is to ``stay``, it ends with this process, however that ends (on
    other systems than Linux: when the next one starts on its data). It gets no locale and no
    PostgreSQL settings of ours, and no folder that ``identity`` may not enter."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=None if stay else die_with_parent,  # noqa: PLW1509  it runs no Python threads
            env=_plain_environ(),
            **identity,
        )


def _plain_environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LANG": "C"}


def unprivileged() -> dict[str, Any]:
    """How to start a program that refuses to run as root; empty for anybody else."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name, "extra_groups": []}


def tail(log: Path) -> str:
    """The last lines of a log, for a message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""


def die_with_parent() -> None:
    """For ``preexec_fn``: on Linux, end when whoever started this ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
