"""What processes use, read from /proc: CPU seconds and peak memory, children included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far, and the sum of the processes' peak resident memory in MiB."""

    cpu: float
    memory: float


def usage(roots: Mapping[str, int]) -> dict[str, Usage]:
    """Of each tree of processes, by the name of its root."""
    parents = _parents()
    return {name: _of_tree(pid, parents) for name, pid in roots.items()}


def spent(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, float]:
    """CPU seconds between two readings, by kind: the name without its number."""
    kinds: dict[str, float] = {}
    for name, now in after.items():
        kind = name.partition("-")[0]
        kinds[kind] = kinds.get(kind, 0.0) + now.cpu - before[name].cpu
    return kinds


def _parents() -> dict[int, int]:
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError, IndexError):
                found[int(folder.name)] = int(_stat(int(folder.name))[1])
    return found


def _of_tree(root: int, parents: Mapping[int, int]) -> Usage:
    members = {root}
    while more := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= more
    cpu = memory = 0.0
    for pid in members:
        with suppress(OSError):
            cpu += _running(pid) + sum(int(ticks) for ticks in _stat(pid)[13:15]) / TICKS
            memory += _peak(pid)
    return Usage(cpu, memory)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _running(pid: int) -> float:
    """CPU seconds of the threads that there are, to the nanosecond. (utime and stime are sampled,
    and miss whoever sleeps when the clock ticks.)"""
    tasks = (PROC / str(pid) / "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _peak(pid: int) -> float:
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
