"""Rules that need no clock, no database and no network."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import AccountStatus
from domain.explain import Situation, explain
from domain.failures import (
    FailureKind,
    NotReady,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from domain.states import Status, roll_up
from domain.verdicts import (
    LONGEST_BACKOFF,
    SETTLE_AFTER,
    GiveUp,
    Settle,
    Standing,
    TryAgain,
    backoff,
    judge,
    send_again,
    settle_next,
)
from tests.make import NOW

STANDING = Standing(NOW, NOW + timedelta(hours=6), retry_count=0, settle_count=0, max_retries=3)
draws = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 100), draws)
def test_backoff_grows_to_a_cap_and_never_drops_to_nothing(retries: int, draw: float):
    wait = backoff(retries, draw)
    assert timedelta(seconds=1) <= wait <= LONGEST_BACKOFF
    assert wait <= max(timedelta(seconds=30) * 2 ** min(retries, 20) * draw, timedelta(seconds=1))


@given(st.integers(-3600, 7200), draws)
def test_a_limit_is_waited_out_and_costs_nothing(seconds: int, draw: float):
    until = NOW + timedelta(seconds=seconds)
    verdict = judge(Throttled("full", until=until), STANDING, draw)
    assert isinstance(verdict, TryAgain)
    assert not verdict.counts
    assert verdict.at >= max(until, NOW + timedelta(seconds=1))


def test_waiting_for_the_platform_costs_nothing():
    assert judge(NotReady("busy", after=5), STANDING, 0.5) == TryAgain(
        NOW + timedelta(seconds=5), counts=False
    )


@given(st.integers(0, 10), draws)
def test_an_outage_is_retried_until_the_retries_end(retries: int, draw: float):
    verdict = judge(Unavailable("down"), replace(STANDING, retry_count=retries), draw)
    assert isinstance(verdict, TryAgain if retries < 3 else GiveUp)


@pytest.mark.parametrize(
    "failure", [Throttled("full", until=NOW + timedelta(hours=9)), NotReady("busy", after=99999)]
)
def test_nothing_is_tried_after_the_late_window(failure):
    verdict = judge(failure, STANDING, 0.5)
    assert isinstance(verdict, GiveUp)
    assert "late window" in verdict.message


def test_what_is_rejected_is_final():
    assert judge(Rejected("no"), STANDING, 0.5) == GiveUp(FailureKind.REJECTED, "no")


@given(st.integers(0, 9))
def test_doubt_is_settled_on_a_schedule_and_then_left_to_a_person(asked: int):
    verdict = settle_next("lost", replace(STANDING, settle_count=asked))
    if asked < len(SETTLE_AFTER):
        assert verdict == Settle(NOW + SETTLE_AFTER[asked])
    else:
        assert isinstance(verdict, GiveUp)
        assert verdict.kind is FailureKind.UNCONFIRMED


def test_the_schedule_counts_from_the_announcement():
    asked = replace(STANDING, settle_count=1, intent_at=NOW - timedelta(seconds=20))
    assert settle_next("lost", asked) == Settle(NOW + timedelta(seconds=40))
    late = replace(asked, intent_at=NOW - timedelta(days=1))
    assert settle_next("lost", late) == Settle(NOW + timedelta(seconds=5))


def test_what_is_surely_not_there_goes_again_at_once():
    assert send_again(Unavailable("gone"), STANDING) == TryAgain(NOW, counts=True)
    spent = replace(STANDING, retry_count=3)
    assert isinstance(send_again(Unavailable("gone"), spent), GiveUp)


@given(draws)
def test_doubt_is_never_sent_again_blindly(draw: float):
    assert isinstance(judge(OutcomeUnknown("lost"), STANDING, draw), Settle)


@given(st.lists(st.sampled_from(list(Status)), min_size=1))
def test_a_post_is_published_only_when_nothing_is_left_or_failed(statuses: list[Status]):
    if set(statuses) == {Status.DRAFT}:
        with pytest.raises(ValueError, match="no outcome"):
            roll_up(statuses)
        return
    rolled = roll_up(statuses)
    if rolled is Status.PUBLISHED:
        assert set(statuses) <= {Status.PUBLISHED, Status.CANCELLED, Status.DRAFT}
    assert rolled in (Status.PUBLISHING, Status.FAILED, Status.PUBLISHED, Status.CANCELLED)


SITUATION = Situation(
    now=NOW,
    status=Status.PUBLISHING,
    post_status=Status.PUBLISHING,
    username="ada",
    due_at=NOW - timedelta(minutes=5),
    next_attempt_at=NOW,
    dispatched_at=None,
    leased=False,
    intent_at=None,
    published_at=None,
    retry_count=0,
    settle_count=0,
    failure_kind=None,
    error=None,
    give_up_at=NOW + timedelta(hours=6),
    account_status=AccountStatus.ACTIVE,
    account_reason=None,
    account_paused_until=None,
    platform_paused_until=None,
    platform_pause_reason=None,
    account_busy=False,
    platform_out_since=None,
    asked_at=None,
    verified_at=None,
    removed_at=None,
)
LATER = NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.DRAFT}, "draft"),
        ({"status": Status.SCHEDULED, "due_at": LATER}, "in 10 minutes"),
        ({"status": Status.SCHEDULED}, "is one running?"),
        ({"status": Status.SCHEDULED, "due_at": None}, "no scheduled_at"),
        ({"status": Status.SCHEDULED, "post_status": Status.DRAFT}, "post is a draft"),
        ({"status": Status.PUBLISHED, "published_at": NOW}, "300.0 s after its time"),
        (
            {"status": Status.PUBLISHED, "published_at": NOW, "error": "no comment was posted"},
            "But: no comment was posted.",
        ),
        ({"status": Status.PUBLISHED, "published_at": NOW, "verified_at": LATER}, "was seen there"),
        (
            {"status": Status.PUBLISHED, "published_at": NOW, "removed_at": LATER},
            "had it no longer at 2026-11-24 12:10:00 UTC",
        ),
        ({"status": Status.CANCELLED}, "cancelled"),
        ({"status": Status.FAILED, "failure_kind": FailureKind.UNCONFIRMED}, "posts settle"),
        ({"status": Status.FAILED, "failure_kind": FailureKind.TOKEN_REVOKED}, "@ada again"),
        ({"status": Status.FAILED, "failure_kind": FailureKind.REJECTED}, "Change the post"),
        ({"status": Status.FAILED, "failure_kind": FailureKind.UNAVAILABLE}, "posts retry"),
        ({"status": Status.FAILED, "failure_kind": FailureKind.QUARANTINED}, "workers' logs"),
        ({"asked_at": NOW, "next_attempt_at": LATER}, "its owner wants to be asked"),
        ({"platform_out_since": NOW}, "one post at a time is sent to see"),
        ({"leased": True}, "A worker is at it"),
        ({"dispatched_at": NOW - timedelta(seconds=3)}, "3 seconds ago"),
        ({"intent_at": NOW, "settle_count": 2}, "2 of 5 times"),
        ({"intent_at": NOW, "failure_kind": FailureKind.NOT_READY}, "has had it since"),
        ({"next_attempt_at": LATER, "failure_kind": FailureKind.THROTTLED}, "rate limit"),
        ({"next_attempt_at": LATER, "failure_kind": FailureKind.NOT_READY}, "processing"),
        ({"next_attempt_at": LATER, "failure_kind": FailureKind.UNAVAILABLE}, "retry 0"),
        ({"next_attempt_at": LATER}, "waiting for its time"),
        ({"account_paused_until": LATER}, "account may not be used"),
        ({"platform_paused_until": LATER, "platform_pause_reason": "outage"}, "outage"),
        ({"account_busy": True}, "one of an account goes at a time"),
        ({}, "It is next"),
    ],
)
def test_every_standing_is_explained(changes: dict[str, Any], words: str):
    assert words in explain(replace(SITUATION, **changes))
