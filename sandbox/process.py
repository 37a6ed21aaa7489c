"""The sandbox as a process of its own, for the demo, the tests and the benchmarks."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 15.0
STOP_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: the platforms are at ``<url>/<platform>``."""

    url: str


@contextmanager
def start() -> Iterator[Sandbox]:
    """Run one on a free port for the length of the block. Raises TimeoutError."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        if process.stdout is None or not select.select([process.stdout], [], [], START_WITHIN)[0]:
            raise TimeoutError(f"the sandbox did not listen within {START_WITHIN} seconds")
        yield Sandbox(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
