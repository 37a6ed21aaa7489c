"""The command that has figures read now, for cron."""

from __future__ import annotations

import argparse
import sys
import threading
from dataclasses import dataclass
from typing import Final

from db import sync_requests
from db.engine import Connection
from db.sync_requests import Asked, Pending, Wanted
from domain.analytics import AnalyticsPeriod
from ops.content import id_of
from ops.environment import Environment
from ops.output import Output
from ops.times import since_of, span_of
from runtime import clock

LOOK_EVERY: Final = 0.5
TELL_EVERY: Final = 5.0
NEVER: Final = threading.Event()


def sync_analytics(options: argparse.Namespace, environment: Environment, out: Output) -> int:
    """1 when --wait ends with something unread."""
    wanted = Wanted(
        period=AnalyticsPeriod(options.period),
        account=id_of(options.account) if options.account else None,
        post=id_of(options.post) if options.post else None,
        since=since_of(options.since) if options.since else None,
    )
    patience = span_of("timeout", options.timeout).total_seconds()
    engine = environment.engine()
    with sync_requests.alone(engine) as lock:
        asked = sync_requests.ask(engine, lock, wanted)
        left = _wait(lock, asked, patience) if options.wait else None
    _tell(out, wanted.period, asked, left)
    return 1 if left is not None and left.pending else 0


def _wait(lock: Connection, asked: Asked, patience: float) -> Pending:
    """Until nothing is left that is read soon, or the patience ends."""
    until = clock.monotonic() + patience
    progress = _Progress(asked.asked)
    while True:
        left = sync_requests.pending(lock)
        progress.tell(left, clock.monotonic())
        if left.pending == left.held_up or clock.monotonic() > until:
            return left
        clock.pause(LOOK_EVERY, NEVER)


@dataclass(slots=True)
class _Progress:
    """A line on stderr now and then."""

    asked: int
    told_at: float | None = None

    def tell(self, left: Pending, now: float) -> None:
        if self.told_at is None:
            self.told_at = now
        elif now - self.told_at >= TELL_EVERY:
            self.told_at = now
            sys.stderr.write(f"{self.asked - left.pending} of {self.asked} read\n")


def _tell(out: Output, period: AnalyticsPeriod, asked: Asked, left: Pending | None) -> None:
    had_it = asked.fitting - asked.asked
    words = f"{asked.fitting} publications: {had_it} have their {period} snapshot already"
    if left is None:
        out.done(f"{words}, {asked.asked} are asked for", period=period, **_counts(asked))
        return
    read = asked.asked - left.pending
    words += f", {read} were read"
    if left.pending > left.held_up:
        words += (
            f", {left.pending - left.held_up} not in time: do a scheduler and an analytics worker"
            " run?"
        )
    if left.held_up:
        words += f", {left.held_up} wait: {left.message or 'for a limit'}"
    out.done(
        words,
        period=period,
        **_counts(asked),
        read=read,
        late=left.pending - left.held_up,
        waiting=left.held_up,
        message=left.message,
    )


def _counts(asked: Asked) -> dict[str, int]:
    return {
        "publications": asked.fitting,
        "had_it": asked.fitting - asked.asked,
        "asked": asked.asked,
    }
