"""Anything may happen in any order: claims, kills, late writes, losses, edits, lies. Never twice,
never early, never lost, and the status is true."""

from __future__ import annotations

import uuid
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import psycopg
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from db.leases import Held, LeaseLost
from domain.content import Platform
from domain.messages import Dispatch
from tests.make import MadeAccount, MadePost, a_post, a_user, an_account
from tests.protocol import crashes
from tests.protocol.crashes import When
from tests.system import System

PLATFORMS = (Platform.TWITTER, Platform.THREADS)
FAULTS = ("drop_before", "drop_after", "error", "error_after", "delay")
PUBLICATIONS = (
    "SELECT p.id, pp.platform::text, a.platform_user_id, p.content, pp.status::text,"
    " pp.failure_kind::text,"
    " extract(epoch FROM coalesce(pp.scheduled_for, p.scheduled_at))::float8,"
    " coalesce(pp.scheduled_for, p.scheduled_at) > clock_timestamp() AS ahead"
    " FROM post_publications pp JOIN posts p ON p.id = pp.post_id"
    " JOIN social_accounts a ON a.id = pp.social_account_id"
)


class Protocol(RuleBasedStateMachine):
    """One worker, one scheduler and one reaper, stepped by chance; ``messages`` is the broker."""

    posts: Bundle[MadePost] = Bundle("posts")
    messages: Bundle[Dispatch] = Bundle("messages")
    sleepers: Bundle[Held] = Bundle("sleepers")

    def __init__(self, system: System, session: psycopg.Connection) -> None:
        super().__init__()
        self.system = system
        self.session = session
        self.user = uuid.uuid4()
        self.accounts: list[MadeAccount] = []
        self.withdrawn: set[uuid.UUID] = set()

    @initialize()
    def connect(self) -> None:
        self.session.execute("DELETE FROM users")
        httpx.post(f"{self.system.sandbox_url}/_sandbox/reset").raise_for_status()
        self.user = a_user(self.session)
        self.accounts = [an_account(self.session, self.user, p) for p in PLATFORMS]
        self.system.know(*self.accounts)

    @rule(target=posts, both=st.booleans(), early=st.sampled_from([0, 0, 0, 3600]))
    def schedule(self, both: bool, early: int) -> MadePost:
        accounts = self.accounts if both else self.accounts[:1]
        return a_post(self.session, self.user, accounts, due_in=timedelta(seconds=early))

    @rule(target=messages)
    def scheduler_passes(self) -> Any:
        return multiple(*self.system.dispatch())

    @rule(message=consumes(messages))
    def a_worker_takes_a_message(self, message: Dispatch) -> None:
        self.system.work([message])

    @rule(message=messages)
    def a_message_comes_and_stays(self, message: Dispatch) -> None:
        self.system.work([message])

    @rule(message=consumes(messages))
    def a_message_is_lost(self, message: Dispatch) -> None:
        assert message.number > 0

    @rule(
        message=consumes(messages),
        statement=st.integers(1, 3),
        when=st.sampled_from(["before", "after"]),
    )
    def a_worker_dies(self, message: Dispatch, statement: int, when: When) -> None:
        crashes.work_and_die(self.system, message, statement, when)

    @rule(target=sleepers, message=consumes(messages))
    def a_worker_falls_asleep(self, message: Dispatch) -> Any:
        """It has the lease, and goes on only much later."""
        held = self.system.try_take(message)
        return multiple() if held is None else held

    @rule(held=consumes(sleepers))
    def a_sleeper_wakes_after_its_lease(self, held: Held) -> None:
        crashes.expire_leases(self.session)
        self.system.reap()
        accepted = len(self.system.accepted())
        try:
            self.system.announce(held)
        except LeaseLost:
            pass
        else:
            raise AssertionError("a worker without a lease announced")
        assert len(self.system.accepted()) == accepted

    @rule()
    def the_reaper_passes(self) -> None:
        crashes.expire_leases(self.session)
        self.system.reap()

    @rule()
    def redis_is_flushed(self) -> None:
        crashes.lose_messages(self.session)

    @rule()
    def time_passes(self) -> None:
        crashes.let_time_pass(self.session)

    @rule(platform=st.sampled_from(PLATFORMS), action=st.sampled_from(FAULTS))
    def a_platform_will_fail(self, platform: Platform, action: str) -> None:
        self.system.break_with(platform=platform, step="publish", action=action, seconds=0.01)

    @rule(post=posts)
    def it_is_cancelled(self, post: MadePost) -> None:
        rows = self.session.execute("SELECT cancelled FROM cancel_post(%s)", [post.id]).fetchall()
        if all(row[0] for row in rows):
            self.withdrawn.add(post.id)

    @rule(post=posts)
    def it_is_published_now(self, post: MadePost) -> None:
        try:
            self.session.execute("SELECT publish_now(%s)", [post.id])
        except psycopg.errors.NoDataFound:
            return
        self.withdrawn.discard(post.id)

    @rule(post=posts)
    def it_is_edited(self, post: MadePost) -> None:
        with suppress(psycopg.errors.CheckViolation):  # too late: a call has left
            self.session.execute(
                "UPDATE posts SET content = content || '.' WHERE id = %s", [post.id]
            )

    @invariant()
    def nothing_is_there_twice(self) -> None:
        for key, times in Counter(map(_key, self.system.accepted())).items():
            assert times == 1, f"{key}: {times} times"

    @invariant()
    def nothing_is_early_and_every_status_is_true(self) -> None:
        there = {_key(post): post["at"] for post in self.system.accepted()}
        for _, platform, account, text, status, kind, due, _ in self.session.execute(PUBLICATIONS):
            found = there.get((platform, account, text.rstrip(".")))
            assert found is None or found >= due
            if status == "published":
                assert found is not None
            if status in ("draft", "scheduled", "cancelled"):
                assert found is None
            if status == "failed" and kind != "unconfirmed":
                assert found is None

    def teardown(self) -> None:
        """In the end everything that is due has gone out, unless somebody withdrew it."""
        self.system.mend()
        crashes.recover(self.system, self.session)
        self.nothing_is_there_twice()
        self.nothing_is_early_and_every_status_is_true()
        for post_id, *_, status, kind, _due, ahead in self.session.execute(PUBLICATIONS):
            waits = status == "scheduled" and ahead
            withdrawn = status == "cancelled"
            given_up = status == "failed" and kind in ("unavailable", "unconfirmed")
            assert status == "published" or waits or withdrawn or given_up, (post_id, status, kind)


def _key(post: dict[str, Any]) -> tuple[str, str, str]:
    """An edit adds a full stop: what is left is the post's own."""
    return post["platform"], post["account"], post["text"].rstrip(".")


def test_whatever_happens_a_publication_goes_out_once_or_says_so(
    system: System, connection: psycopg.Connection
):
    run_state_machine_as_test(
        partial(Protocol, system, connection),  # type: ignore[arg-type]  # it is only called
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # to shrink takes minutes
        ),
    )
