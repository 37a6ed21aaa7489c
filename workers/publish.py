"""One publication, once: load · decide · send · record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

import structlog

from db import siblings
from db.engine import Engine
from db.leases import Held, LeaseLost
from db.outcomes import Phase
from db.writer import Writer
from domain.content import Platform
from domain.failures import Failure, OutcomeUnknown, TokenExpired, Unavailable
from platforms.adapter import Adapter, Job, PublishFlow, SettleFlow
from platforms.transport import Transport
from workers.interruption import NEVER, Interrupted, interruptible
from workers.plan import Ask, Plan, Publish, Refuse, decide
from workers.record import Outcome, Recorder
from workers.run import Run
from workers.tokens import Token, TokenDesk

log: Final = structlog.get_logger()

Start: TypeAlias = Callable[[Job], PublishFlow | SettleFlow]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes what a message names. One a process, used by all its threads; ``holding`` keeps a
    lease alive while its block runs."""

    engine: Engine
    writer: Writer
    adapters: Mapping[Platform, Adapter]
    transport: Transport
    tokens: TokenDesk
    recorder: Recorder
    holding: Callable[[UUID], AbstractContextManager[None]]
    stopping: Callable[[], bool] = NEVER.is_set

    def publish(self, publication_id: UUID, number: int) -> None:
        """Work on one dispatch. A void one is left alone; every other ends as a row."""
        held = self.writer.take(publication_id, number)
        if held is None:
            return
        adapter = self.adapters[held.platform]
        caps = adapter.caps_of(held.account.metadata)
        phase: Phase = "prepare" if held.intent_at is None else "settle"
        run = Run(held, self.writer, phase, caps)
        with self.holding(held.token):
            try:
                plan = decide(held, adapter.limits, caps)
                outcome = self._send(run, plan)
                self.recorder.record(run, outcome)
                _tell(run, outcome)
            except Interrupted:
                self._lay_down(run)
            except LeaseLost:
                self._let_go(held)

    def _send(self, run: Run, plan: Plan) -> Outcome:
        try:
            return self._carry_out(run, plan)
        except (LeaseLost, Interrupted):
            raise
        except Failure as failure:
            return failure
        except Exception as fault:
            log.exception("publish.fault", publication=str(run.id))
            words = f"internal error ({type(fault).__name__}); the log has the details"
            return OutcomeUnknown(words) if run.in_doubt else Unavailable(words)

    def _carry_out(self, run: Run, plan: Plan) -> Outcome:
        adapter = self.adapters[run.held.platform]
        run.known = self._known(run.held)
        match plan:
            case Refuse(failure):
                return failure
            case Ask():
                return self._drive(run, adapter, adapter.settle)
            case Publish():
                return self._drive(run, adapter, adapter.publish)

    def _known(self, held: Held) -> frozenset[str]:
        """Once it may have been sent, what it could be mistaken for."""
        if held.intent_at is None and not held.retry_count:
            return frozenset()
        with self.engine.connect() as connection:
            return siblings.post_ids(connection, held)

    def _drive(self, run: Run, adapter: Adapter, start: Start) -> Outcome:
        """Run a flow; when the token turns out to have ended, refresh it and go on, once."""
        try:
            return self._exchange(run, self.tokens.access_token(run.held.account, adapter), start)
        except TokenExpired:
            return self._exchange(run, self.tokens.refreshed(run.held.account, adapter), start)

    def _exchange(self, run: Run, token: Token, start: Start) -> Outcome:
        run.token_stored_at = token.stored_at
        platform = run.held.platform
        host = self.adapters[platform].host_of(run.held.account.metadata)
        exchange = self.transport.exchange(platform, token.text, host)
        try:
            return exchange.run(interruptible(start(run.job()), self._must_stop(run)), run)
        finally:
            run.spoken = exchange.spoken

    def _must_stop(self, run: Run) -> Callable[[], bool]:
        """What is announced is carried to its end; what is not is left to another process."""
        return lambda: self.stopping() and not run.in_doubt

    def _lay_down(self, run: Run) -> None:
        """Hand it back as far as it has come, with nothing counted against it."""
        with suppress(LeaseLost):
            run.save(run.checkpoint, now=True)
        self._let_go(run.held)

    def _let_go(self, held: Held) -> None:
        again = self.writer.hand_back(held)
        log.info("publish.let_go", publication=str(held.id), dispatched_again=again)


def _tell(run: Run, outcome: Outcome) -> None:
    log.info(
        "publish.outcome",
        publication=str(run.id),
        platform=run.held.platform,
        phase=run.phase,
        outcome=type(outcome).__name__,
        late=round((run.now - run.held.scheduled_for).total_seconds(), 3),
    )
