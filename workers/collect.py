"""All that is due of one account: load · decide · send · record, batch after batch.

Reading never holds up publishing: it has queues and processes of its own, leaves a part of every
limit that a platform tells of, and what goes wrong is kept apart from the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog

from db import figures, syncs
from db.engine import Engine
from db.leases import LeaseLost
from db.syncs import DueSync, Ending, SyncRun
from domain.accounts import AccountStatus
from domain.cadence import Usage, is_short, next_run, reopened
from domain.content import Platform
from domain.failures import (
    Failure,
    NotReady,
    PermissionMissing,
    Throttled,
    TokenExpired,
    Unavailable,
)
from platforms.adapter import Account, Adapter, Findings, Metrics, MetricsFlow, Sought, Survey
from workers.asking import Question, ask
from workers.figures import judged
from workers.tokens import TokenDesk

BATCHES_A_RUN: Final = 50

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads what a message names. One a process, used by all its threads; ``holding`` keeps a lease
    alive while its block runs."""

    engine: Engine
    adapters: Mapping[Platform, Adapter]
    tokens: TokenDesk
    draw: Callable[[], float]
    holding: Callable[[UUID], AbstractContextManager[None]]

    def collect(self, account_id: UUID, number: int) -> None:
        """Work on one dispatch. A void one is left alone; every other ends as a row."""
        with self.engine.connect() as connection:
            run = syncs.take(connection, account_id, number, uuid4())
        if run is None:
            return
        with self.holding(run.lease):
            try:
                ending = self._read_all(run)
                with self.engine.connect() as connection:
                    syncs.end(connection, run, ending)
            except LeaseLost:
                log.info("collect.let_go", account=str(run.account.id))

    def _read_all(self, run: SyncRun) -> Ending:
        """Batch after batch until nothing is due, or something stands in the way."""
        adapter = self.adapters[run.account.platform]
        for _ in range(BATCHES_A_RUN):
            with self.engine.connect() as connection:
                batch = syncs.due(connection, run, adapter.metrics.batch)
            if not batch:
                break
            findings = self._ask(run, adapter, batch)
            read = judged(batch, findings.readings)
            snapshots = figures.record(self.engine, run, read)
            _tell(run, findings, snapshots)
            failure = findings.failure or _yielding(findings.usage)
            if failure is not None:
                return self._cut_short(run, failure, batch[0].now)
        return Ending()

    def _ask(self, run: SyncRun, adapter: Adapter, batch: Sequence[DueSync]) -> Findings:
        """What the platform tells; a failure of the whole survey is among the findings."""
        try:
            if run.status is not AccountStatus.ACTIVE:
                words = f"account @{run.account.username} is {run.status}: {run.status_reason}"
                return Findings({}, failure=PermissionMissing(words))
            flow = partial(_reading, adapter.metrics, batch)
            return ask(self.tokens, Question(run.account, adapter, flow, Findings))
        except Failure as failure:
            return Findings({}, failure=failure)
        except Exception as fault:
            log.exception("collect.fault", account=str(run.account.id))
            words = f"internal error ({type(fault).__name__}); the log has the details"
            return Findings({}, failure=Unavailable(words))

    def _cut_short(self, run: SyncRun, failure: Failure, now: datetime) -> Ending:
        """A limit moves the account's readings to its reset; what else went wrong is tried again
        later and later. Publishing is paused by neither."""
        if isinstance(failure, Throttled | NotReady):
            until = reopened(failure, now)
            whole_app = isinstance(failure, Throttled) and failure.whole_app
            return Ending(failure, run.failure_count, until, whole_app=whole_app)
        again = next_run(failure, run.failure_count, now, self.draw())
        return Ending(failure, min(run.failure_count + 1, 100), again)


def _yielding(usage: Usage | None) -> Failure | None:
    """What is left of a limit that is nearly used up is for publishing."""
    if usage is None or not is_short(usage):
        return None
    words = f"{usage.used:.0%} of the limit is used: the rest is left to publishing"
    return Throttled(words, until=usage.resets)


def _reading(metrics: Metrics, batch: Sequence[DueSync], account: Account) -> MetricsFlow:
    """A token that has ended before anything was told is refreshed, like that of any question."""
    posts = [
        Sought(due.platform_post_id, due.series.kind, due.series.published_at) for due in batch
    ]
    found = yield from metrics.read(Survey(account, posts, batch[0].now))
    if isinstance(found.failure, TokenExpired) and not found.readings:
        raise found.failure
    return found


def _tell(run: SyncRun, findings: Findings, snapshots: int) -> None:
    log.info(
        "collect.read",
        account=str(run.account.id),
        platform=run.account.platform,
        publications=len(findings.readings),
        snapshots=snapshots,
        ended_by=findings.failure and findings.failure.kind,
    )
