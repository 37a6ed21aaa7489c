"""From what came of a run to the row: the last of load · decide · send · record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from db import outcomes
from db.outcomes import Success, Toll, Waiting
from domain.accounts import AccountStatus
from domain.content import NOTHING, JsonObject
from domain.failures import (
    AccountUnusable,
    Failure,
    FailureKind,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from domain.health import HELD_AGAINST, Condition, Sign, sign_of
from domain.verdicts import (
    GiveUp,
    Settle,
    Standing,
    TryAgain,
    Verdict,
    is_too_late,
    judge,
    send_again,
    settle_next,
)
from platforms.adapter import Absent, Published, Unsettled
from platforms.driver import Paused
from platforms.usage import closing
from workers.run import Run

Outcome: TypeAlias = Published | Absent | Unsettled | Paused | Failure


@dataclass(frozen=True, slots=True)
class Recorder:
    """Turns outcomes into rows. Every method raises `LeaseLost`, with nothing written, when the
    publication is no longer held."""

    max_retries: int
    draw: Callable[[], float]

    def record(self, run: Run, outcome: Outcome) -> None:
        outcome = _in_public(run, outcome)
        match outcome:
            case Published(id=post_id, url=url, remark=remark, at=at):
                now = run.now
                told = closing(run.spoken.usage, now)
                success = (run.held, run.evidence(message=remark), post_id, url, at)
                spent = _spent(run, now, told.account)
                run.writer.published(Success(*success, _toll(run, Sign.GOOD), *spent))
                if told.app is not None:
                    run.writer.close_platform(run.held.platform, told.app)
            case Paused():
                self._paused(run, outcome)
            case Absent(because=because):
                self._absent(run, because)
            case Unsettled(why=words):
                self._unsettled(run, OutcomeUnknown(words))
            case Failure() if run.phase == "settle":
                self._not_asked(run, outcome)
            case Failure():
                self._setback(run, outcome)

    def _absent(self, run: Run, because: Failure | None) -> None:
        standing = self._standing(run)
        if because is not None:
            verdict = judge(because, standing, self.draw())
            self._wait(run, because, verdict, event="absent")
        else:
            why = Unavailable("the platform surely does not have it")
            self._wait(run, why, send_again(why, standing), event="absent")

    def _setback(self, run: Run, failure: Failure) -> None:
        self._wait(run, failure, judge(failure, self._standing(run), self.draw()))

    def _not_asked(self, run: Run, failure: Failure) -> None:
        """The platform could not be asked. A limit only delays the question,
        and so does an account that has to be connected again."""
        count = run.held.settle_count
        if isinstance(failure, Throttled):
            self._store(run, failure, _still_unknown(run, failure.until, failure.kind, count))
        elif isinstance(failure, AccountUnusable) and not is_too_late(run.now, run.held.give_up_at):
            self._store(run, failure, _still_unknown(run, run.now, failure.kind, count))
        else:
            self._unsettled(run, failure)

    def _unsettled(self, run: Run, failure: Failure) -> None:
        standing = self._standing(run)
        asked = replace(standing, settle_count=standing.settle_count + 1)
        self._wait(
            run, failure, settle_next(failure.message, asked), settle_count=asked.settle_count
        )

    def _paused(self, run: Run, paused: Paused) -> None:
        since = run.held.waiting_since
        if since is not None and run.now - since > timedelta(seconds=paused.budget):
            self._overdue(run, paused)
            return
        wait = Waiting(
            run.now + timedelta(seconds=paused.seconds),
            "waiting",
            run.checkpoint,
            FailureKind.NOT_READY,
            keep_intent=run.in_doubt,
            processing=True,
            settle_count=run.held.settle_count,
        )
        evidence, toll = run.evidence(message=paused.reason), _toll(run, Sign.NEUTRAL)
        run.writer.waiting(run.held, evidence, wait, toll)

    def _overdue(self, run: Run, paused: Paused) -> None:
        words = f"{paused.reason}, for more than {paused.budget:.0f} seconds"
        if run.in_doubt:
            self.record(run, Unsettled(words))
        else:
            run.checkpoint = NOTHING
            self._setback(run, Unavailable(words))

    def _wait(
        self,
        run: Run,
        failure: Failure,
        verdict: Verdict,
        *,
        event: outcomes.Event | None = None,
        settle_count: int = 0,
    ) -> None:
        match verdict:
            case GiveUp():
                self._give_up(run, failure, verdict)
            case Settle(at=at):
                kind = FailureKind.UNCONFIRMED
                self._store(run, failure, _still_unknown(run, at, kind, settle_count))
            case TryAgain(at=at, counts=counts):
                happened = event or ("retry" if counts else "waiting")
                wait = Waiting(at, happened, run.checkpoint, failure.kind, counts=counts)
                self._store(run, failure, replace(wait, pause=_paused_by(failure)))

    def _store(self, run: Run, failure: Failure, wait: Waiting) -> None:
        toll = _toll(run, sign_of(failure.kind), HELD_AGAINST.get(failure.kind))
        run.writer.waiting(run.held, run.evidence(failure), wait, toll)

    def _give_up(self, run: Run, failure: Failure, verdict: GiveUp) -> None:
        evidence = replace(run.evidence(failure), message=verdict.message)
        toll = _toll(run, sign_of(verdict.kind), HELD_AGAINST.get(verdict.kind))
        run.writer.failed(run.held, evidence, verdict.kind, toll)

    def _standing(self, run: Run) -> Standing:
        held = run.held
        return Standing(
            now=run.now,
            give_up_at=held.give_up_at,
            retry_count=held.retry_count,
            settle_count=held.settle_count,
            max_retries=self.max_retries,
            intent_at=held.intent_at,
        )


def _in_public(run: Run, outcome: Outcome) -> Outcome:
    """Once the platform has named the post, nothing that fails makes a failure of it."""
    post_id, url = (run.checkpoint.get(name) for name in ("published_id", "published_url"))
    if not isinstance(post_id, str) or isinstance(outcome, Published | Paused):
        return outcome
    match outcome:
        case Absent(because=because):
            words = because.message if because else "the platform does not show it"
        case Unsettled(why=words):
            pass
        case Failure(message=words):
            pass
    return Published(post_id, url if isinstance(url, str) else None, f"it is public, but {words}")


def _toll(run: Run, sign: Sign, status: AccountStatus | None = None) -> Toll:
    account = run.held.account
    condition = Condition(account.health, account.setbacks).after(sign)
    return Toll(condition, run.token_stored_at, status)


def _spent(run: Run, now: datetime, closed: datetime | None) -> tuple[JsonObject, datetime | None]:
    """What the account has used with this post, and when it may post again if not at once: by our
    count, or as the platform has ``closed`` it."""
    kind = run.held.content.kind
    budget = run.held.account.budget.spend(run.caps, kind, now)
    times = [budget.opens(cap, kind, now) for cap in run.caps if cap.kinds is None]
    times.append(closed)
    return budget.used_json(), max((at for at in times if at is not None), default=None)


def _still_unknown(run: Run, at: datetime, kind: FailureKind, settle_count: int) -> Waiting:
    return Waiting(at, "unknown", run.checkpoint, kind, keep_intent=True, settle_count=settle_count)


def _paused_by(failure: Failure) -> outcomes.Pause:
    if not isinstance(failure, Throttled) or failure.alone:
        return "nothing"
    return "platform" if failure.whole_app else "account"
